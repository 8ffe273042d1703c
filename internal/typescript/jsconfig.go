package typescript

// JSConfig is a jsconfig.json for a folder of functions. It makes editors check every file as strictly as possible, so
// that they underline a misspelt parameter and one that a call may lack. It leaves out what browsers and Node.js have
// but functions do not, such as fetch, setTimeout and process.
const JSConfig = `{
  "compilerOptions": {
    "checkJs": true,
    "strict": true,
    "noImplicitAny": false,
    "noEmit": true,
    "target": "es2023",
    "lib": ["es2023"],
    "types": [],
    "moduleDetection": "force"
  },
  "include": ["*.js", "callfn.d.ts"]
}
`
