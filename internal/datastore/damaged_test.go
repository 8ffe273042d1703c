package datastore_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"callfn/internal/datastore"
)

// Damage that the embedded node finds is a kind of its own, which names the document.
func TestDamagedDocument(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte(`{"error":"damaged","reason":"document \"x\" is damaged on disk (database \"functions\")"}`))
	}))
	defer server.Close()
	c, err := datastore.Open(datastore.Config{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_, err = c.Database("functions").Get(t.Context(), "x")
	if datastore.KindOf(err) != datastore.ErrDamaged || !strings.Contains(err.Error(), `document "x"`) ||
		!strings.Contains(err.Error(), "callfn doctor") {
		t.Errorf("got %v, want %v with the document and what to do", err, datastore.ErrDamaged)
	}
}
