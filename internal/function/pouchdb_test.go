package function_test

import (
	"slices"
	"testing"

	"callfn/couchapp"
	"callfn/internal/couchnode/couchtest"
	"callfn/internal/datastore"
	"callfn/internal/function/runnertest"
)

// differsOnPouchDB is what pouchdb-server 4.2.0 on Node.js does otherwise. It has no timeout, no memory cap and one
// realm for all functions: what would stop it for good is not run there.
var differsOnPouchDB = map[string]string{
	"call_is_a_plain_object": "it parses the query's values as JSON",
	"bracket_keys":           "it parses brackets in parameter names into nested objects",
	"long_parameter":         "a form body of this size arrives empty",
	"odd_keys":               "it loses __proto__ while parsing the query",
	"syntax_error":           "V8 tells no position of a syntax error",
	"values_are_strings":     "it parses the query's values as JSON",
}

// stopsPouchDB are the fixtures that a server without limits does not survive.
var stopsPouchDB = []string{
	"endless_loop", "native_loop", "memory_bomb", "zz_changes_intrinsics",
	"zz_changes_intrinsics_then",
}

func TestPouchDBServer(t *testing.T) {
	c := connect(t, datastore.Config{URL: couchtest.StartPouchDBServer(t)})
	p := install(t, c, couchapp.JavaScript)
	p.NoLogs, p.NoHints, p.Differs, p.Leave = true, true, differsOnPouchDB, stopsPouchDB
	runnertest.Run(t, p)
	if lacks := showDialect(t, p); !slices.Equal(lacks, []string{"intl_zone"}) {
		t.Errorf("Node.js lacks %v, want the account's zone in Intl only", lacks)
	}
}
