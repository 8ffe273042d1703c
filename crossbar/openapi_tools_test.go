package crossbar_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Other tools accept the document: two linters find no errors, and a generated client compiles and requires no member
// with a default.
func TestOpenAPIInTools(t *testing.T) {
	tools := os.Getenv("CALLFN_OPENAPI_TOOLS")
	if tools == "" {
		t.Skip("skipped: no tools. To run it, with Node.js installed: npm install --prefix DIR @redocly/cli@2 " +
			"@stoplight/spectral-cli@6 " +
			"openapi-typescript@7 openapi-fetch@0.17 typescript@5.9.3, then CALLFN_OPENAPI_TOOLS=DIR go test ./crossbar -run " +
			"TestOpenAPIInTools")
	}
	tools, err := filepath.Abs(tools)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	client, err := os.ReadFile("testdata/declaration/client.ts")
	if err != nil {
		t.Fatal(err)
	}
	document := newStack(t).must(t, 200, "GET", "/v2/openapi.json", "", "").raw
	for name, text := range map[string]string{
		"openapi.json": document, "client.ts": string(client), "redocly.yaml": "extends: [recommended]\n",
		".spectral.yaml": "extends: [\"spectral:oas\"]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(tools, "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"redocly", "lint", "openapi.json", "--max-problems", "20"},
		{"spectral", "lint", "openapi.json", "--fail-severity", "error"},
		{"openapi-typescript", "openapi.json", "-o", "api.d.ts"},
		{
			"tsc", "--noEmit", "--strict", "--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler",
			"client.ts",
		},
	} {
		tool := filepath.Join(tools, "node_modules", ".bin", args[0])
		cmd := exec.CommandContext(t.Context(), tool, args[1:]...) //nolint:gosec // what the tester named
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: got %v, want success\n%s", args, err, out)
		}
	}
}
