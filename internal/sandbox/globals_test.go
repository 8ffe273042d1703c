package sandbox_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

// listGlobals walks everything a function can reach by name from its global object, prototypes included.
const listGlobals = `
var seen = new Set(), names = [];
function walk(path, o) {
  if (o === null || typeof o !== 'object' && typeof o !== 'function' || seen.has(o)) { return; }
  seen.add(o);
  Reflect.ownKeys(o).forEach(function (k) {
    var p = (path ? path + '.' : '') + (typeof k === 'symbol' ? '[' + k.description + ']' : k);
    var d = Object.getOwnPropertyDescriptor(o, k), kids = [d.value, d.get, d.set];
    names.push(p + ' ' + ('value' in d ? typeof d.value : 'accessor'));
    kids.forEach(function (kid, i) { walk(p + ['', '.get', '.set'][i], kid); });
  });
  var proto = Object.getPrototypeOf(o);
  if (proto !== null && !seen.has(proto)) { walk(path + '.__proto__', proto); }
}
walk('', globalThis);
walk('(function*)', function* () {});
walk('(async)', async function () {});
walk('(async*)', async function* () {});
walk('(arguments)', arguments);
return names.filter(function (n) { return !/\.(length|name) (number|string)$/.test(n); }).sort();
`

// What a function finds around it is a checked-in list: nothing joins it unseen, with an engine's update least of all.
func TestGlobals(t *testing.T) {
	a := run(t, sandboxtest.Pool(t, 1), listGlobals, sandbox.Limits{Deadline: runs.MaxDeadline})
	var answer struct {
		JSON []string `json:"json"`
	}
	if a.Outcome != runs.OK || json.Unmarshal(a.Body, &answer) != nil {
		t.Fatalf("got %s %s, want %s", a.Outcome, a.Body, runs.OK)
	}
	const file = "testdata/globals.txt"
	if os.Getenv("CALLFN_UPDATE_GLOBALS") != "" {
		if err := os.WriteFile(file, []byte(strings.Join(answer.JSON, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(strings.TrimSpace(string(text)), "\n"), answer.JSON); diff != "" {
		t.Errorf("what a function can reach has changed (- listed, + found). Look at each, then write the list anew with "+
			"CALLFN_UPDATE_GLOBALS=1:\n%s", diff)
	}
}
