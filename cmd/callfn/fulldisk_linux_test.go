package main

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"callfn/internal/await"
	"callfn/internal/datastore/faultproxy"
	"callfn/internal/smalldisk"
)

// While the disk is full, writes are refused with the reason, the service is not ready except for calls, and a metric
// counts. When there is room again, everything recovers by itself and every acknowledged write is there.
func TestFullDisk(t *testing.T) {
	disk, grow := smalldisk.New(t, 3<<20)
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, "--data="+disk+"/data",
		"--metrics-listen=127.0.0.1:0")
	metrics := regexp.MustCompile(`"url":"(http://[^"]*/metrics)"`).FindStringSubmatch(s.errs.String())
	me := login(t, s.url)
	base := s.url + "/v2/accounts/" + me.account
	source := strings.Repeat("// room\\n", 3000)
	var stored []string
	var refused string
	failures := 0 // in a row: the file may have room for one document but not for another
	for i := 0; failures < 4; i++ {
		code, body := send(t, http.MethodPut, base+"/functions", me.token,
			fmt.Sprintf(`{"data":{"name":"f%d","function_js":"%s return {module: 'noop'};"}}`, i, source))
		if code == http.StatusCreated {
			failures = 0
			stored = append(stored, regexp.MustCompile(`"id":"([0-9a-f]{32})"`).FindStringSubmatch(body)[1])
			continue
		}
		failures++
		refused = body
		if code != http.StatusServiceUnavailable {
			t.Fatalf("a write to a full disk: %d %s; want 503", code, body)
		}
	}
	if !strings.Contains(refused, "disk is full: nothing was stored") || len(stored) == 0 {
		t.Fatalf("after %d functions the disk is full and the answer says %s; want it to say so", len(stored), refused)
	}
	if code, body := get(t, s.url+"/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(body, "full") {
		t.Errorf("/readyz on a full disk: %d %s; want 503 that says so", code, body)
	}
	if code, body := get(t, s.url+"/readyz?for=calls"); code != http.StatusOK {
		t.Errorf("/readyz?for=calls on a full disk: %d %s; want 200, since functions run", code, body)
	}
	if code, body := send(t, http.MethodPut, base+"/functions/"+stored[0]+"/run", me.token,
		`{"data":{}}`); code != http.StatusOK && code != http.StatusCreated || !strings.Contains(body, `"outcome":"ok"`) {
		t.Errorf("a run on a full disk: %d %s; want ok", code, body)
	}
	if _, body := get(t, metrics[1]); !regexp.MustCompile(`callfn_datastore_writes_failed_total\{cause="disk_full"\} ` +
		`[1-9]`).MatchString(body) {
		t.Error("got callfn_datastore_writes_failed_total{cause=\"disk_full\"} 0, want more")
	}
	grow(32 << 20)
	await.True(t, "ready again with room on the disk",
		func() bool { code, _ := get(t, s.url+"/readyz"); return code == http.StatusOK })
	if code, body := send(t, http.MethodPut, base+"/functions", me.token,
		`{"data":{"name":"later","function_js":"return {module: 'noop'};"}}`); code != http.StatusCreated {
		t.Errorf("a write with room again: %d %s; want 201", code, body)
	}
	for _, id := range stored {
		if code, body := send(t, http.MethodGet, base+"/functions/"+id, me.token, ""); code != http.StatusOK {
			t.Errorf(
				"a function that was acknowledged before the disk was full: got %d %s, want code %d",
				code,
				body,
				http.StatusOK,
			)
		}
	}
	if _, err := os.Stat(disk + "/data/node.db"); err != nil {
		t.Errorf("got %v, want no error", err)
	}
}

// If the disk is full before the first login, there is no room for the index that a login reads. The login is answered
// from memory.
func TestFullDiskAtTheFirstLogin(t *testing.T) {
	disk, grow := smalldisk.New(t, 24<<20)
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, "--data="+disk+"/data",
		"--metrics-listen=127.0.0.1:0")
	metrics := regexp.MustCompile(`"url":"(http://[^"]*/metrics)"`).FindStringSubmatch(s.errs.String())
	await.True(t, "the signing keys stored", func() bool {
		return strings.Contains(s.errs.String(), "created the signing keys")
	})
	_ = os.WriteFile(disk+"/fill", make([]byte, 24<<20), 0o600) // until there is no room
	code, body := send(t, http.MethodPut, s.url+"/v2/api_auth", "", `{"data":{"api_key":"`+testKey+`"}}`)
	if code != http.StatusCreated {
		t.Errorf("a login on a full disk: %d %s; want 201", code, body)
	}
	me := login(t, s.url)
	if code, body := send(t, http.MethodGet, s.url+"/v2/accounts/"+me.account+"/functions", me.token,
		""); code != http.StatusOK {
		t.Errorf("a listing on a full disk: %d %s; want 200", code, body)
	}
	code, body = send(t, http.MethodPut, s.url+"/v2/accounts/"+me.account+"/functions", me.token,
		`{"data":{"name":"f","function_js":"return {module: 'noop'};"}}`)
	if code != http.StatusServiceUnavailable || strings.Count(body, "nothing was stored") != 1 ||
		!strings.Contains(body, "disk is full") {
		t.Errorf("a write to a full disk: %d %s; want 503 that says so once", code, body)
	}
	if code, body := get(t, s.url+"/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(body, "full") {
		t.Errorf("/readyz on a full disk: %d %s; want 503 that says so", code, body)
	}
	if _, body := get(t, metrics[1]); !regexp.MustCompile(`callfn_datastore_writes_failed_total\{cause="disk_full"\} ` +
		`[1-9]`).MatchString(body) {
		t.Error("got callfn_datastore_writes_failed_total{cause=\"disk_full\"} 0, want more")
	}
	grow(64 << 20)
	await.True(t, "ready again with room on the disk",
		func() bool { code, _ := get(t, s.url+"/readyz"); return code == http.StatusOK })
	login(t, s.url)
}

// The same holds for a CouchDB whose disk is full, as far as its answers show it.
func TestFullDiskOfCouchDB(t *testing.T) {
	p, address := behind(t)
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, "--couchdb-url="+address,
		"--database-prefix=t_")
	me := login(t, s.url)
	put := func() (int, string) {
		return send(t, http.MethodPut, s.url+"/v2/accounts/"+me.account+"/functions", me.token,
			`{"data":{"name":"f","function_js":"return {module: 'noop'};"}}`)
	}
	p.Set(faultproxy.Status(500, `{"error":"unknown_error","reason":"{badmatch,{error,enospc}}"}`))
	if code, body := put(); code != http.StatusServiceUnavailable || !strings.Contains(body, "disk is full") {
		t.Errorf("a write: %d %s; want 503 that says that the disk is full", code, body)
	}
	p.Set(faultproxy.Pass)
	await.True(t, "ready again", func() bool { code, _ := get(t, s.url+"/readyz"); return code == http.StatusOK })
	if code, body := put(); code != http.StatusCreated {
		t.Errorf("a write afterwards: %d %s; want 201", code, body)
	}
}
