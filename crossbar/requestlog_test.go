package crossbar

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"callfn/internal/account"
	"callfn/schemas"
)

// Each request is logged with the status and request id of its answer, even without a route, and without its URL.
func TestRequestsAreLoggedAsAnswered(t *testing.T) {
	set, err := schemas.Load()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	a := New(Config{
		Schemas: set, Accounts: account.NewStore(account.Config{}), Random: rand.Reader, Now: time.Now,
		Log: slog.New(slog.NewJSONHandler(&log, nil)),
	})
	for _, tc := range []struct {
		method, target, route string
		status                int
	}{
		{"GET", "/?name=s3cret", "/", 200},
		{"GET", "/v2/s3cret?auth_token=s3cret", "", 404},
		{"PUT", "/v2/accounts/s3cret/nothing/here/at/all", "", 404},
		{"GET", "/v1/accounts/s3cret", "", 410},
		{"BREW", "/v2/s3cret", "", 501},
	} {
		log.Reset()
		w := httptest.NewRecorder()
		a.ServeHTTP(w, httptest.NewRequest(tc.method, tc.target, nil))
		var line struct {
			Message string `json:"msg"`
			ID      string `json:"request_id"`
			Method  string
			Route   string
			Status  int
			Bytes   int
		}
		text := log.String()
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Errorf("%s %s: got %v, want one JSON object in\n%s", tc.method, tc.target, err, text)
			continue
		}
		if line.Message != "request" || line.Method != tc.method || line.Route != tc.route || line.Bytes != w.Body.Len() {
			t.Errorf("%s %s: want method, route %s and %d bytes in the log, got\n%s",
				tc.method, tc.target, tc.route, w.Body.Len(), text)
		}
		if id := w.Header().Get("X-Request-ID"); w.Code != tc.status || line.Status != tc.status || line.ID != id ||
			id == "" {
			t.Errorf("%s %s: answered %d, id %q; want %d, and the log says\n%s", tc.method, tc.target, w.Code, id, tc.status,
				text)
		}
		if strings.Contains(text, "s3cret") {
			t.Errorf("%s %s: want no secret in the log, got\n%s", tc.method, tc.target, text)
		}
	}
}
