package backup_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"callfn/internal/backup"
)

func write(t testing.TB, w *backup.Writer, database string, from, to int) {
	t.Helper()
	var docs []json.RawMessage
	for i := from; i < to; i++ {
		docs = append(docs, json.RawMessage(fmt.Sprintf(`{"_id":"d%d","_rev":"1-%032x","text":"<é>"}`, i, i)))
	}
	if err := w.Documents(database, docs, fmt.Sprint(to)); err != nil {
		t.Fatal(err)
	}
}

func example(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := backup.NewWriter(&out, backup.Header{From: "http://here", Account: "a"})
	if err != nil {
		t.Fatal(err)
	}
	write(t, w, "accounts", 0, 2)
	write(t, w, "functions", 2, 5)
	write(t, w, "functions", 5, 6)
	if sums, err := w.End(); err != nil || sums["functions"].Documents != 4 {
		t.Fatalf("got %v and %v, want four documents of functions", sums, err)
	}
	return out.Bytes()
}

// A file that is cut off anywhere can be continued to the whole file, and is never taken for whole.
func TestCutAnywhere(t *testing.T) {
	whole := example(t)
	for cut := 0; cut < len(whole); cut += 3 {
		header, _, err := backup.Read(bytes.NewReader(whole[:cut]), nil)
		if err == nil {
			t.Fatalf("cut after %d bytes: got it read as whole, want an error", cut)
		}
		file := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(file, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(file, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		w, header, since, err := backup.Resume(f)
		if err != nil {
			if cut > bytes.IndexByte(whole, '\n') {
				t.Errorf("cut after %d bytes: got %v, want it resumed", cut, err)
			}
			_ = f.Close()
			continue
		}
		if header.From != "http://here" {
			t.Errorf("header: got %+v, want it from http://here", header)
		}
		if since["accounts"] == "" {
			write(t, w, "accounts", 0, 2)
		}
		switch since["functions"] {
		case "":
			write(t, w, "functions", 2, 5)
			fallthrough
		case "5":
			write(t, w, "functions", 5, 6)
		}
		if _, err := w.End(); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
		if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, whole) {
			t.Fatalf("cut after %d bytes and gone on with: want the whole file, got\n%s", cut, got)
		}
	}
	f, err := os.OpenFile(filepath.Join(t.TempDir(), "whole"), os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil {
		_, err = f.Write(whole)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, _, _, err := backup.Resume(f); !errors.Is(err, backup.ErrComplete) {
		t.Error(err)
	}
}

func TestReadFindsChanges(t *testing.T) {
	whole := string(example(t))
	for _, change := range [][2]string{
		{`"_id":"d3"`, `"_id":"d4"`},
		{`"documents":4`, `"documents":5`},
		{`"callfn_export":1`, `"callfn_export":2`},
		{`"database":"accounts","doc"`, `"database":"accounts","dok"`},
	} {
		changed := strings.Replace(whole, change[0], change[1], 1)
		if _, _, err := backup.Read(strings.NewReader(changed), nil); err == nil || changed == whole {
			t.Errorf("%s for %s: got it read, want an error", change[1], change[0])
		}
	}
	for _, more := range []string{whole, "x", "\n"} { // two exports in one file must not be taken for the first
		if _, _, err := backup.Read(strings.NewReader(whole+more), nil); err == nil {
			t.Errorf("%.20q after the end: got it read, want an error", more)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(example(f))
	f.Add([]byte(`{"callfn_export":1}` + "\n" + `{"end":{"databases":{}}}` + "\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		n := 0
		_, sums, err := backup.Read(bytes.NewReader(file), func(string, json.RawMessage) error { n++; return nil })
		if err != nil {
			return
		}
		for _, sum := range sums {
			n -= int(sum.Documents)
		}
		if n != 0 {
			t.Errorf("documents that were not counted: got %d, want none", n)
		}
	})
}

func TestLeaveOutSecrets(t *testing.T) {
	for _, c := range []struct {
		database, doc, want string
		left                []string
	}{
		{
			"functions", `{"_id":"a", "function_js":"x", "pvt_type":"function"}`,
			`{"_id":"a", "function_js":"x", "pvt_type":"function"}`, nil,
		},
		{
			"accounts", `{"_id":"a","name":"n","pvt_api_key":"k","pvt_signature_secret":"s"}`, `{"_id":"a","name":"n"}`,
			[]string{"pvt_api_key", "pvt_signature_secret"},
		},
		{
			"accounts", `{"_id":"a","pvt_credentials":{"md5":"h"},"pvt_key_hash":"h","pvt_type":"user"}`,
			`{"_id":"a","pvt_type":"user"}`,
			[]string{"pvt_credentials", "pvt_key_hash"},
		},
		{
			"accounts", `{"_id":"a","z":{"y":1,"x":"<&"},"pvt_api_key":"k","b":2}`, `{"_id":"a","z":{"y":1,"x":"<&"},"b":2}`,
			[]string{"pvt_api_key"},
		},
		{"system_data", `{"_id":"signing_keys","keys":{}}`, ``, []string{"everything"}},
		{"functions", `{"_id":"signing_keys"}`, `{"_id":"signing_keys"}`, nil},
	} {
		out, left, err := backup.LeaveOutSecrets(c.database, json.RawMessage(c.doc))
		if string(out) != c.want || !slices.Equal(left, c.left) || err != nil {
			t.Errorf("%s: got %s without %v, %v, want %s without %v", c.doc, out, left, err, c.want, c.left)
		}
	}
}
