package crossbar_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// KAZOO's HTTP client queues requests on a kept connection. So pivot's connections are closed after each answer,
// whatever it is; the API's own are kept.
func TestPivotConnectionsEnd(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	f := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
	s.must(t, 201, "PUT", a.path("/callflows"), a.token, `{"data":{"numbers":["1000"],"flow":{"module":"hangup",`+
		`"data":{}}}}`)
	_, numbers := s.pivotKey(t, a, "")
	_, one := s.pivotKey(t, a, f)
	server := httptest.NewServer(s.api)
	defer server.Close()
	for _, c := range []struct {
		method, path, body string
		status             int
		ends               bool
	}{
		{"GET", a.path("/pivot?To=1000&key=" + numbers), "", 200, true},
		{"POST", a.path("/pivot?key=" + numbers), `{"To":"1000"}`, 200, true},
		{"GET", a.path("/pivot?To=1001&key=" + numbers), "", 404, true},
		{"GET", a.path("/functions/" + f + "/pivot?To=1&key=" + one), "", 200, true},
		{"POST", a.path("/functions/" + f + "/pivot?key=" + one), `{"To":"1"}`, 200, true},
		{"POST", a.path("/functions/" + f + "/pivot?key=" + one), `[]`, 400, true},
		{"GET", a.path("/functions/" + f + "/pivot?key=wrong"), "", 401, true},
		{"DELETE", a.path("/pivot"), "", 405, true},
		{"GET", "/v2/functions", "", 200, false},
		{"GET", a.path("/pivot/keys"), "", 401, false},
	} {
		request, err := http.NewRequest(c.method, server.URL+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		answer, err := server.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != c.status || answer.Close != c.ends {
			t.Errorf("%s %.80s: status %d, the connection ends %v; want %d, %v", c.method, c.path, answer.StatusCode,
				answer.Close, c.status, c.ends)
		}
	}
}
