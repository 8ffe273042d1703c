package datastoretest

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"callfn/internal/couchnode"
	"callfn/internal/couchnode/couchtest"
	"callfn/internal/datastore"
)

// Node is an embedded node on a socket. To its clients it is a CouchDB, at first without databases.
type Node struct {
	Host       string
	Port       int
	URL        string
	User       string // with Password; "" for a node open to everybody
	Password   string
	CA         *x509.Certificate // of a node behind TLS; nil for others
	Connection *datastore.Connection
	Stop       func() // closes the node's socket for good
}

// NodeConfig configures a node. The zero value is open to everybody.
type NodeConfig struct {
	User, Password string
	TLS            bool
	Engine         couchnode.Engine // couchtest.Engine when nil
}

// Serve starts a node and stops it at the end of the test.
func Serve(t testing.TB, cfg NodeConfig) Node {
	t.Helper()
	if cfg.Engine == nil {
		cfg.Engine = couchtest.Engine{}
	}
	n, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), cfg.Engine, couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // some tests connect with a client that does not trust the node
	server.Config.Handler = handler(t, n, cfg, server.Listener.Addr().String())
	if cfg.TLS {
		server.StartTLS()
	} else {
		server.Start()
	}
	address := server.Listener.Addr().(*net.TCPAddr)
	out := Node{
		Host: address.IP.String(), Port: address.Port, URL: server.URL, User: cfg.User, Password: cfg.Password,
		CA: server.Certificate(),
	}
	out.Stop = func() {
		server.CloseClientConnections()
		server.Close()
	}
	own := datastore.Config{URL: server.URL, Username: cfg.User, Password: cfg.Password}
	if out.CA != nil {
		own.RootCAs = x509.NewCertPool()
		own.RootCAs.AddCert(out.CA)
	}
	if out.Connection, err = datastore.Open(own); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = out.Connection.Close()
		out.Stop()
		_ = n.Close()
	})
	return out
}

func handler(t testing.TB, n *couchnode.Node, cfg NodeConfig, listen string) http.Handler {
	if cfg.User == "" {
		return n
	}
	h, err := couchnode.Public(n, couchnode.PublicConfig{
		Listen:      listen,
		Credentials: &couchnode.Credentials{User: cfg.User, Password: cfg.Password},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Settings returns the connection settings of a storage plan that reach the node.
func (n Node) Settings() map[string]any {
	settings := map[string]any{"ip": n.Host, "port": n.Port}
	if n.User != "" {
		settings["credentials"] = map[string]any{"username": n.User, "password": n.Password}
	}
	if n.CA != nil {
		settings["tls"] = map[string]any{"ca": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: n.CA.Raw}))}
	}
	return settings
}

// CreateDatabases creates every database of the service.
func (n Node) CreateDatabases(t testing.TB) {
	t.Helper()
	for _, name := range datastore.Databases() {
		if _, err := n.Connection.EnsureDatabase(context.Background(), name); err != nil {
			t.Fatal(err)
		}
	}
}
