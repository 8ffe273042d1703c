package couchnode_test

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"callfn/internal/couchnode/couchtest"
)

// CALLFN_TEST_COUCHDB_URL is the address of an Apache CouchDB with an administrator's name and password. The suite
// creates databases named callfn-test-… there and removes them.
func TestContractCouchDB(t *testing.T) {
	url := os.Getenv("CALLFN_TEST_COUCHDB_URL")
	if url == "" {
		t.Skip("skipped: the contract against a real Apache CouchDB. To run it: " +
			"CALLFN_TEST_COUCHDB_URL=http://admin:password@127.0.0.1:5984 go test -run TestContractCouchDB ./internal/couchnode")
	}
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	url = strings.TrimSuffix(url, "/")
	name := "couchdb"
	if blocksEval(t, url) {
		name = "couchdb-no-eval"
	}
	couchtest.Run(t, couchtest.Peer{Name: name, Client: &http.Client{}, BaseURL: url, Settles: true})
}

// blocksEval tries `new Function` in a show.
func blocksEval(t *testing.T, url string) bool {
	t.Helper()
	db := url + "/callfn-test-eval"
	call(t, http.DefaultClient, "DELETE", db, nil)
	mustCall(t, http.DefaultClient, "PUT", db, nil)
	defer call(t, http.DefaultClient, "DELETE", db, nil)
	mustCall(t, http.DefaultClient, "PUT", db+"/_design/d", map[string]any{
		"shows": map[string]any{"s": "function () { try { return new Function('return \"made\"')(); } catch (e) { return " +
			"'blocked'; } }"},
	})
	resp, err := http.Get(db + "/_design/d/_show/s")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != "made" && string(body) != "blocked" {
		t.Fatalf("got %d %s, error %v; want made or blocked", resp.StatusCode, body, err)
	}
	return string(body) == "blocked"
}

func TestContractPouchDBServer(t *testing.T) {
	couchtest.Run(t, couchtest.Peer{
		Name: "pouchdb-server", Client: &http.Client{},
		BaseURL: couchtest.StartPouchDBServer(t), AnyReason: true,
	})
}
