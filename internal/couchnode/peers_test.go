package couchnode_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"callfn/internal/couchnode/couchtest"
)

// CALLFN_TEST_COUCHDB_URL is the address of an Apache CouchDB with an administrator's name and password in it. The
// suite makes databases named callfn-test-… there and removes them.
func TestContractCouchDB(t *testing.T) {
	url := os.Getenv("CALLFN_TEST_COUCHDB_URL")
	if url == "" {
		t.Skip("skipped: the contract against a real Apache CouchDB. To run it: " +
			"CALLFN_TEST_COUCHDB_URL=http://admin:password@127.0.0.1:5984 go test -run TestContractCouchDB ./internal/couchnode")
	}
	couchtest.Run(t, couchtest.Peer{Name: "couchdb", Client: &http.Client{}, BaseURL: strings.TrimSuffix(url, "/")})
}

func TestContractPouchDBServer(t *testing.T) {
	couchtest.Run(t, couchtest.Peer{Name: "pouchdb-server", Client: &http.Client{}, BaseURL: couchtest.StartPouchDBServer(t), AnyReason: true})
}
