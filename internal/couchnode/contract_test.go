package couchnode_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"callfn/internal/couchnode"
	"callfn/internal/couchnode/couchtest"
)

func TestContractInProcess(t *testing.T) {
	n := openNode(t)
	couchtest.Run(t, couchtest.Peer{Name: "couchnode", Client: &http.Client{Transport: n.Transport()}, BaseURL: "http://node"})
}

// serve puts a node on a loopback socket, open to admin:secret.
func serve(t testing.TB, n *couchnode.Node) (url string) {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	h, err := couchnode.Public(n, couchnode.PublicConfig{
		Listen:      s.Listener.Addr().String(),
		Credentials: &couchnode.Credentials{User: "admin", Password: "secret"},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Config.Handler = h
	s.Start()
	t.Cleanup(s.Close)
	return "http://admin:secret@" + s.Listener.Addr().String()
}

func TestContractOnASocket(t *testing.T) {
	couchtest.Run(t, couchtest.Peer{Name: "couchnode-socket", Client: &http.Client{}, BaseURL: serve(t, openNode(t))})
}
