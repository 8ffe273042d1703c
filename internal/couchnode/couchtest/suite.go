package couchtest

import (
	"bytes"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"time"
)

//go:embed testdata
var testdata embed.FS

// Peer is a server that claims to be a CouchDB.
type Peer struct {
	// Name selects testdata/known/<Name>.txt, the list of known differences.
	Name string
	// Client reaches the peer, with the authentication that the peer needs.
	Client *http.Client
	// BaseURL is the peer's address without a slash at the end; it may hold a user and a password.
	BaseURL string
	// AnyReason lets the peer give its own reasons: "reason" members of error answers are not compared.
	AnyReason bool
	// Settles marks a cluster. It may answer 500 for a moment after a database was created or removed. Requests that only
	// read are then repeated.
	Settles bool
}

// Run runs every case against a peer. It makes databases named callfn-test-… and removes them.
func Run(t *testing.T, p Peer) {
	known := readKnown(t, p.Name)
	seen := map[string]bool{}
	for _, file := range caseFiles(t) {
		text, err := testdata.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		cases, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, c := range cases {
			if seen[c.Name] {
				t.Errorf("%s: two cases are named %q", file, c.Name)
			}
			seen[c.Name] = true
			t.Run(strings.TrimSuffix(file[strings.LastIndexByte(file, '/')+1:], ".txt")+"/"+c.Name, func(t *testing.T) {
				reason, listed := known[c.Name]
				if why, ok := strings.CutPrefix(reason, "not run:"); ok {
					t.Skip("not run against this peer:" + why)
				}
				problems := p.run(c)
				switch {
				case listed && len(problems) == 0:
					t.Errorf("passes, though testdata/known/%s.txt lists it (%s): take it off the list", p.Name, reason)
				case listed:
					t.Logf("known difference: %s\n%s", reason, strings.Join(problems, "\n"))
				default:
					for _, problem := range problems {
						t.Error(problem)
					}
				}
			})
		}
	}
	for name := range known {
		if !seen[name] {
			t.Errorf("testdata/known/%s.txt lists %q, which is no case", p.Name, name)
		}
	}
}

func caseFiles(t *testing.T) []string {
	files, err := fs.Glob(testdata, "testdata/cases/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	return files
}

// readKnown reads lines "case | reason". A case whose reason begins with "not run:" is skipped, because the peer would
// crash or never answer.
func readKnown(t *testing.T, peer string) map[string]string {
	known := map[string]string{}
	text, err := testdata.ReadFile("testdata/known/" + peer + ".txt")
	if err != nil {
		t.Fatalf("the peer needs a list of known differences, even an empty one: %v", err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, reason, ok := strings.Cut(line, "|")
		if !ok || strings.TrimSpace(reason) == "" {
			t.Fatalf("testdata/known/%s.txt: want \"case | reason\": %s", peer, line)
		}
		known[strings.TrimSpace(name)] = strings.TrimSpace(reason)
	}
	return known
}

// run runs one case and lists what went wrong.
func (p Peer) run(c Case) (problems []string) {
	v := vars{"db": "callfn-test-" + randomHex()}
	if !c.MakesDB {
		if status, _, body, err := p.do(http.MethodPut, "/"+v["db"], nil, ""); err != nil || status/100 != 2 {
			return []string{fmt.Sprintf("cannot make a database: %d %s %v", status, body, err)}
		}
	}
	defer p.do(http.MethodDelete, "/"+v["db"], nil, "")
	for _, ex := range c.Exchanges {
		found := p.exchange(ex, v)
		for _, f := range found {
			problems = append(problems, fmt.Sprintf("line %d: %s %s: %s", ex.Line, ex.Method, ex.Path, f))
		}
		if len(found) > 0 {
			return problems // the rest of the case would fail for the same reason
		}
	}
	return problems
}

func randomHex() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

func (p Peer) exchange(ex Exchange, v vars) []string {
	fail := func(err error) []string { return []string{err.Error()} }
	path, err := v.expand(ex.Path)
	if err != nil {
		return fail(err)
	}
	body, err := v.expand(ex.Body)
	if err != nil {
		return fail(err)
	}
	header := http.Header{"Accept": {"application/json"}}
	if body != "" {
		header.Set("Content-Type", "application/json")
	}
	for _, f := range ex.Header {
		value, err := v.expand(f.Value)
		if err != nil {
			return fail(err)
		}
		if header.Set(f.Name, value); value == "-" {
			header.Del(f.Name)
		}
	}
	status, gotHeader, got, err := p.do(ex.Method, path, header, body)
	for try := 0; p.Settles && err == nil && status == 500 && ex.Status != 500 && try < 3 &&
		(ex.Method == "GET" || ex.Method == "HEAD"); try++ {
		time.Sleep(100 * time.Millisecond)
		status, gotHeader, got, err = p.do(ex.Method, path, header, body)
	}
	if err != nil {
		return fail(err)
	}
	if status != ex.Status {
		return []string{fmt.Sprintf("status %d, want %d; %s", status, ex.Status, got)}
	}
	var problems []string
	for _, f := range ex.WantHeader {
		want, err := v.expand(f.Value)
		if err != nil {
			return fail(err)
		}
		values := gotHeader.Values(f.Name)
		problems = append(problems, v.match("header "+f.Name, want, strings.Join(values, ", "), len(values) > 0)...)
	}
	if ex.WantText != nil && string(got) != *ex.WantText {
		problems = append(problems, fmt.Sprintf("body %q, want %q", got, *ex.WantText))
	}
	if !strings.HasSuffix(string(got), ex.WantEnd) {
		problems = append(problems, fmt.Sprintf("body %q, want it to end in %q", got, ex.WantEnd))
	}
	return append(problems, v.matchBody(ex, got, p.AnyReason)...)
}

// matchBody compares a JSON body, or several, one per line.
func (v vars) matchBody(ex Exchange, got []byte, anyReason bool) []string {
	if ex.Want == "" && !ex.WantLines {
		return nil
	}
	expanded, err := v.expand(ex.Want)
	if err != nil {
		return []string{err.Error()}
	}
	wants, gots := []string{expanded}, []string{string(got)}
	if ex.WantLines {
		wants, gots = nonEmptyLines(expanded), nonEmptyLines(string(got))
	}
	if len(wants) != len(gots) {
		return []string{fmt.Sprintf("%d lines, want %d: %s", len(gots), len(wants), got)}
	}
	var problems []string
	for i := range wants {
		want, err := decode(wants[i])
		if err != nil {
			return []string{fmt.Sprintf("the wanted JSON is broken: %v", err)}
		}
		if anyReason {
			want = withoutReasons(want)
		}
		value, err := decode(gots[i])
		if err != nil {
			return []string{fmt.Sprintf("the body is no JSON (%v): %s", err, got)}
		}
		problems = append(problems, v.match("body", want, value, true)...)
	}
	return problems
}

// withoutReasons removes the reasons of errors from a wanted answer.
func withoutReasons(want any) any {
	switch w := want.(type) {
	case map[string]any:
		if _, isError := w["error"]; isError {
			delete(w, "reason")
		}
		if len(w) == 1 && w["reason"] != nil {
			delete(w, "reason")
		}
	case []any:
		for i := range w {
			w[i] = withoutReasons(w[i])
		}
	}
	return want
}

func nonEmptyLines(s string) []string {
	var out []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

func decode(s string) (v any, err error) {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	if err = d.Decode(&v); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fmt.Errorf("text after the JSON")
	}
	return v, nil
}

func (p Peer) do(method, path string, header http.Header, body string) (int, http.Header, []byte, error) {
	req, err := http.NewRequest(method, p.BaseURL+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, nil, nil, err
	}
	for name, values := range header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	client := *p.Client
	client.Timeout = 30 * time.Second
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, got, err
}
