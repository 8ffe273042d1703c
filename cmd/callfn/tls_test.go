package main

import (
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callfn/internal/await"
)

// encrypted puts a CouchDB behind TLS. It returns the address and the file with the certificate to trust.
func encrypted(t *testing.T, address string, http2 bool) (at, ca string) {
	t.Helper()
	to, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	user := to.User
	to.User = nil
	front := httptest.NewUnstartedServer(&httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(to) },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	})
	front.EnableHTTP2 = http2
	front.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes
	front.StartTLS()
	t.Cleanup(func() { front.CloseClientConnections(); front.Close() })
	ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw}),
		0o600); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(front.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = user
	return u.String(), ca
}

// Over TLS with one's own CA everything works, including shows and changes feeds, over HTTP/1.1 and 2. Without the CA,
// or with a name that the certificate lacks, nothing is sent.
func TestCouchDBOverTLS(t *testing.T) {
	eachCouch(t, func(t *testing.T, c couchUnderTest) {
		for name, http2 := range map[string]bool{"1.1": false, "2": true} {
			t.Run("http "+name, func(t *testing.T) {
				address, ca := encrypted(t, c.admin, http2)
				flags := []string{
					"--couchdb-url=" + address, "--database-prefix=" + c.prefix + "h" + name[:1] + "_",
					"--couchdb-ca=" + ca,
					"--data=" + filepath.Join(t.TempDir(), "data"),
				}
				t.Cleanup(func() { couchUnderTest{admin: c.admin, prefix: c.prefix + "h" + name[:1] + "_"}.remove(t) })
				with := program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}
				s := serve(t, with, append(flags, "--runner=direct")...)
				callWorks(t, s)
				await.True(t, "the changes feed", func() bool { return readCopyState(t, s).Following })
				s.stop()
				s = serve(t, with, flags...)
				if trace := rehearse(t, s, login(t, s.url)); !gives("ok")(trace) {
					t.Errorf("got %s, want the function's flow", trace)
				}
				if code, out, errs := (program{}).run(t, append([]string{"doctor"}, flags[:3]...)...); code != exitOK ||
					!strings.Contains(out, "encrypted") {
					t.Errorf(`doctor: got %d %s %s, want code %d, "encrypted"`, code, out, errs, exitOK)
				}
			})
		}
		address, ca := encrypted(t, c.admin, false)
		for name, args := range map[string][]string{
			"a certificate of nobody known": {"--couchdb-url=" + address},
			"a certificate of another name": {
				"--couchdb-url=" + strings.Replace(address, "127.0.0.1", "localhost", 1),
				"--couchdb-ca=" + ca,
			},
		} {
			args = append([]string{
				"serve", "--listen=127.0.0.1:0", "--data=" + filepath.Join(t.TempDir(), "d"),
				"--couchdb-wait=1s", "--database-prefix=" + c.prefix,
			}, args...)
			code, out, errs := program{}.run(t, args...)
			if code != exitUnreachable || !strings.Contains(errs, "certificate") || strings.Contains(out+errs, c.secret()) {
				t.Errorf("%s: got %d %s %s, want code %d, a certificate named, no password", name, code, out, errs, exitUnreachable)
			}
		}
	})
}
