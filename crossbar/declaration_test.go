package crossbar_test

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callfn/callflow"
	"callfn/crossbar"
	"callfn/internal/typescript"
)

var update = flag.Bool("update", false, "write docs/callfn.d.ts anew")

const declarationFile = "../docs/callfn.d.ts"

// The declaration in the repository equals the one that the service generates and serves.
func TestDeclaration(t *testing.T) {
	set, err := loadSchemas()
	if err != nil {
		t.Fatal(err)
	}
	made, err := crossbar.Declaration(set)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(declarationFile, []byte(made), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(declarationFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(kept), made); diff != "" {
		t.Errorf("docs/callfn.d.ts is not what the schemas and tables say: run go test ./crossbar -run TestDeclaration "+
			"-update\n%s", diff)
	}
	s := newStack(t)
	if r := s.must(t, 200, "GET", "/v2/functions/callfn.d.ts", "", ""); r.raw != made {
		t.Errorf("what is served: got %.200s, want the declaration that was made", r.raw)
	}
	config, err := os.ReadFile("../docs/jsconfig.json")
	if err != nil {
		t.Fatal(err)
	}
	var want any
	if err := json.Unmarshal(config, &want); err != nil {
		t.Fatal(err)
	}
	var served any
	r := s.must(t, 200, "GET", "/v2/functions/jsconfig.json", "", "")
	if err := json.Unmarshal([]byte(r.raw), &served); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, served); diff != "" || string(config) != typescript.JSConfig {
		t.Errorf("docs/jsconfig.json, want what is served (-file +served):\n%s", diff)
	}
}

// The parameters that the catalogue calls always present are those of a call of which nothing is known.
func TestParametersOfEveryCall(t *testing.T) {
	s := newStack(t)
	always := map[string]bool{}
	for _, p := range s.must(t, 200, "GET", "/v2/functions", "", "").at("data", "parameters").([]any) {
		p := p.(map[string]any)
		always[p["name"].(string)] = p["always"].(bool)
	}
	bare := callflow.Params(&callflow.Call{ID: "c", Account: "a"})
	for _, name := range callflow.ParameterNames() {
		value, has := bare[name]
		if members, isObject := value.(map[string]any); isObject && len(members) == 0 {
			has = false // it flattens to nothing
		}
		if said, listed := always[name]; listed && said != has {
			t.Errorf("%s: got always %v, want %v, as calls have it", name, said, has)
		} else if _, shape := always[name+"[NAME]"]; !listed && !shape {
			t.Errorf("%s: got no entry, want every parameter listed", name)
		}
	}
}

// The TypeScript compiler accepts every sample and valid flows, and rejects invalid ones.
func TestDeclarationInTypeScript(t *testing.T) {
	tsc, node := os.Getenv("CALLFN_TSC"), ""
	if tsc != "" {
		var err error
		if node, err = exec.LookPath("node"); err != nil {
			t.Fatal("CALLFN_TSC is set: want Node.js to run it, got ", err)
		}
	} else {
		t.Skip("skipped: no TypeScript compiler. To run it, with Node.js installed: npm install --prefix DIR " +
			"typescript@5.9.3, then " +
			"CALLFN_TSC=DIR/node_modules/typescript/bin/tsc go test ./crossbar -run TestDeclarationInTypeScript")
	}
	dir := t.TempDir()
	files := map[string]string{}
	for from, to := range map[string]string{declarationFile: "callfn.d.ts", "testdata/declaration/flows.ts": "flows.ts"} {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		files[to] = string(text)
	}
	samples, err := crossbar.Samples()
	if err != nil {
		t.Fatal(err)
	}
	for _, sample := range samples {
		files[sample.ID+".js"] = "/** @type {callfn.Function} */\nconst sample = function (call) {\n" + sample.FunctionJS +
			"\n};\n"
	}
	args := []string{
		tsc, "--noEmit", "--strict", "--noImplicitAny", "false", "--allowJs", "--checkJs", "--target",
		"es2023", "--moduleDetection", "force",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	checkFolder(t, node, tsc)
	for _, lib := range []string{"es2023", "es2023,dom"} { // the second is an editor's default without configuration
		cmd := exec.CommandContext(t.Context(), node, append(args, "--lib", lib)...) //nolint:gosec // what the tester named
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("--lib %s: got %v, want it to compile\n%s", lib, err, out)
		}
	}
}

// checkFolder checks a folder of functions as an editor with its jsconfig.json does.
func checkFolder(t *testing.T, node, tsc string) {
	t.Helper()
	dir := t.TempDir()
	for from, to := range map[string]string{
		declarationFile: "callfn.d.ts", "../docs/jsconfig.json": "jsconfig.json",
		"testdata/declaration/strict.js": "strict.js",
	} {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, to), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), node, tsc, "--project", "jsconfig.json") //nolint:gosec // the tester's own
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("jsconfig.json: got %v, want it to compile\n%s", err, out)
	}
}
