package couchnode_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callfn/internal/couchnode/couchtest"
	"callfn/internal/jsonvalue/jsonvaluetest"
)

// The node keeps the members of a document in the order in which they were sent, as CouchDB does, after _id and _rev:
// in every answer with the document, and in a node that it was replicated to.
func TestMembersKeepTheirOrder(t *testing.T) {
	_, here := openNodeWith(t, couchtest.Engine{})
	_, there := openNodeWith(t, couchtest.Engine{})
	text := func(t *rapid.T, client *http.Client, method, path, body string) string {
		req, err := http.NewRequest(method, "http://node/d"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		answer, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode/100 != 2 {
			t.Fatalf("%s %s %s: got %s %s, error %v; want a status of 2xx", method, path, body, resp.Status, answer, err)
		}
		return strings.TrimSpace(string(answer))
	}
	mustCall(t, here, "PUT", "http://node/d", nil)
	mustCall(t, there, "PUT", "http://node/d", nil)
	number := 0
	rapid.Check(t, func(rt *rapid.T) {
		number++
		id := fmt.Sprintf("doc%d", number)
		inner := jsonvaluetest.Text(2).Draw(rt, "text")
		members := `"zeta":` + inner + `,"alpha":[` + inner + `],"10":1,"2":2`
		var put struct{ Rev string }
		decode(rt, text(rt, here, "PUT", "/"+id, `{"zeta":`+inner+`,"_id":"`+id+`","alpha":[`+inner+`],"10":1,"2":2}`), &put)
		want := `{"_id":"` + id + `","_rev":"` + put.Rev + `",` + members + `}`

		got := map[string]string{"GET": text(rt, here, "GET", "/"+id, "")}
		var all struct {
			Rows []struct{ Doc json.RawMessage }
		}
		decode(rt, text(rt, here, "GET", `/_all_docs?include_docs=true&key="`+id+`"`, ""), &all)
		got["_all_docs"] = string(all.Rows[0].Doc)
		var bulk struct {
			Results []struct {
				Docs []struct{ OK json.RawMessage }
			}
		}
		decode(rt, text(rt, here, "POST", "/_bulk_get", `{"docs":[{"id":"`+id+`"}]}`), &bulk)
		got["_bulk_get"] = string(bulk.Results[0].Docs[0].OK)
		text(rt, there, "POST", "/_bulk_docs", `{"new_edits":false,"docs":[`+got["_bulk_get"]+`]}`)
		got["replicated"] = text(rt, there, "GET", "/"+id, "")
		for how, doc := range got {
			have, err := jsonvaluetest.Tokens([]byte(doc))
			if err != nil {
				rt.Fatalf("%s: got %s, error %v; want JSON", how, doc, err)
			}
			wanted, err := jsonvaluetest.Tokens([]byte(want))
			if err != nil {
				rt.Fatal(err)
			}
			if diff := cmp.Diff(wanted, have); diff != "" {
				rt.Fatal(fmt.Sprintf("%s: want %s, got %s (-want +got):\n%s", how, want, doc, diff))
			}
		}
	})
}

func decode(t *rapid.T, text string, into any) {
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("got %s, error %v; want JSON", text, err)
	}
}
