package couchnode_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"callfn/internal/couchnode"
	"callfn/internal/couchnode/couchtest"

	"go.uber.org/goleak"
)

// crashChildEnv makes the test binary the process that is killed. Its value is the path of the node's file.
const crashChildEnv = "COUCHNODE_CRASH_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashChildEnv); path != "" {
		crashChild(path)
		return
	}
	goleak.VerifyTestMain(m)
}

// crashChild writes documents as fast as it can and queries a view meanwhile. It prints each id once the write is
// acknowledged, and never stops by itself.
func crashChild(path string) {
	n, err := couchnode.Open(path, couchtest.Engine{}, couchnode.Options{})
	if err != nil {
		fmt.Println("error", err)
		return
	}
	client := &http.Client{Transport: n.Transport()}
	send := func(method, path, body string) int {
		req, _ := http.NewRequest(method, "http://node"+path, strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(req)
		if err != nil {
			return 0
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	send("PUT", "/db", "")
	send("PUT", "/db/_design/d", `{"views":{"v":{"map":"function(doc) { emit(doc.n, null); }"}}}`)
	var out sync.Mutex
	for worker := range 4 {
		go func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("w%d-%06d", worker, i)
				if send("PUT", "/db/"+id, fmt.Sprintf(`{"n":%d,"pad":%q}`, i, strings.Repeat("x", 200))) == 201 {
					out.Lock()
					fmt.Println("ack", id)
					out.Unlock()
				}
			}
		}()
	}
	for {
		send("GET", "/db/_design/d/_view/v?limit=1", "")
	}
}

// Every acknowledged write survives kill -9, and the view agrees with the documents.
func TestAcknowledgedWritesSurviveKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes: run this without -short")
	}
	path := filepath.Join(t.TempDir(), "node.db")
	acknowledged := map[string]bool{}
	for round, wanted := range []int{40, 250} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), crashChildEnv+"="+path)
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		killed := false
		lines := bufio.NewScanner(stdout)
		for seen := 0; lines.Scan(); {
			id, ok := strings.CutPrefix(lines.Text(), "ack ")
			if !ok {
				t.Errorf("got the line %q of the child, want acknowledged writes only", lines.Text())
				continue
			}
			acknowledged[id] = true
			if seen++; seen == wanted {
				killed = true
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		cmd.Wait()
		if !killed {
			t.Fatalf("round %d: the child ended by itself, want it killed after %d writes", round, wanted)
		}
		checkSurvivors(t, path, acknowledged)
		// This round's child wrote what is there now. The next one starts from an existing file, in which its first documents
		// already exist: they conflict and are not acknowledged again.
	}
}

func checkSurvivors(t *testing.T, path string, acknowledged map[string]bool) {
	t.Helper()
	n, err := couchnode.Open(path, couchtest.Engine{}, couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	db := kivikClient(t, n).DB("db")
	ctx := context.Background()
	stored := map[string]bool{}
	rows := db.AllDocs(ctx)
	for rows.Next() {
		id, err := rows.ID()
		if err != nil {
			t.Fatal(err)
		}
		stored[id] = true
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	lost := 0
	for id := range acknowledged {
		if !stored[id] {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d acknowledged documents are lost, want none", lost, len(acknowledged))
	}
	delete(stored, "_design/d")
	indexed := 0
	view := db.Query(ctx, "d", "v")
	for view.Next() {
		id, err := view.ID()
		if err != nil {
			t.Fatal(err)
		}
		if !stored[id] {
			t.Errorf("the view has %s, want only what is stored", id)
		}
		indexed++
	}
	if err := view.Err(); err != nil {
		t.Fatal(err)
	}
	if indexed != len(stored) {
		t.Errorf("the view: got %d rows, want one for each of %d documents", indexed, len(stored))
	}
	stats, err := db.Stats(ctx)
	if err != nil || stats.DocCount != int64(len(stored)+1) {
		t.Errorf("got doc_count %d, error %v; want %d", stats.DocCount, err, len(stored)+1)
	}
}

func TestOpenSaysWhoHasTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "node.db")
	n, err := couchnode.Open(path, nil, couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v, error %v; want 0600", info.Mode(), err)
	}
	_, err = couchnode.Open(path, nil, couchnode.Options{LockTimeout: 1})
	if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "another process") {
		t.Errorf("got error %v, want another process and %s named", err, path)
	}
}

func TestOpenRefusesOtherFiles(t *testing.T) {
	dir := t.TempDir()
	junk := filepath.Join(dir, "junk")
	if err := os.WriteFile(junk, []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{junk, dir, filepath.Join(dir, "no", "such", "directory")} {
		n, err := couchnode.Open(path, nil, couchnode.Options{})
		if err == nil {
			n.Close()
			t.Errorf("%s: got it opened, want an error", path)
		} else if !strings.Contains(err.Error(), path) {
			t.Errorf("got error %v, want %s named", err, path)
		}
	}
	if b, err := os.ReadFile(junk); err != nil || !strings.HasPrefix(string(b), "not a database") {
		t.Errorf("a refused file: got %.40q, error %v; want it unchanged", b, err)
	}
}

func TestCloseTwiceAndUseAfterwards(t *testing.T) {
	n, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), nil, couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: n.Transport()}
	for range 2 {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
	if status, _ := call(t, client, "GET", "http://node/", nil); status != 503 {
		t.Errorf("after Close: got status %d, want 503", status)
	}
}
