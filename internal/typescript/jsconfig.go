package typescript

// JSConfig is a jsconfig.json for a folder of functions. It checks every file as strictly as can be, so that a
// parameter that a call may not have, or a misspelt one, is underlined; and it leaves out what browsers and Node.js
// have and functions do not, such as fetch, setTimeout and process.
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
