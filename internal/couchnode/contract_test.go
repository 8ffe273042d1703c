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
	couchtest.Run(t, couchtest.Peer{
		Name: "couchnode", Client: &http.Client{Transport: n.Transport()},
		BaseURL: "http://node",
	})
}

// serve serves a node on a loopback socket, with the login admin:secret.
func serve(t testing.TB, n *couchnode.Node) (url string) {
	t.Helper()
	return "http://admin:secret@" + servePublic(t, n, &couchnode.Credentials{User: "admin", Password: "secret"})
}

// servePublic serves a node on a loopback socket and returns its address.
func servePublic(t testing.TB, n *couchnode.Node, credentials *couchnode.Credentials) (addr string) {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	h, err := couchnode.Public(n, couchnode.PublicConfig{Listen: s.Listener.Addr().String(), Credentials: credentials})
	if err != nil {
		t.Fatal(err)
	}
	s.Config.Handler = h
	s.Start()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func TestContractOnASocket(t *testing.T) {
	couchtest.Run(t, couchtest.Peer{Name: "couchnode-socket", Client: &http.Client{}, BaseURL: serve(t, openNode(t))})
}
