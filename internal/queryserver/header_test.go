package queryserver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callfn/internal/queryserver"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
)

func TestTermsSurviveTheHeader(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[0-9a-f]{32}`)
		want := runs.Terms{
			Run: runs.ID(id.Draw(t, "run")), TimeZone: rapid.SampledFrom([]string{"", "Europe/Berlin"}).Draw(t, "tz"),
			Deadline: time.Duration(rapid.IntRange(0, 5000).Draw(t, "ms")) * time.Millisecond,
			Account:  rapid.OneOf(id, rapid.Just("")).Draw(t, "account"), Root: rapid.OneOf(id, rapid.Just("")).Draw(t, "root"),
			Rehearsal: rapid.Bool().Draw(t, "rehearsal"),
		}
		got, err := queryserver.ParseHeader(queryserver.FormatHeader(want))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatalf("error %v, want what was asked (-want +got):\n%s", err, diff)
		}
	})
}

func TestMalformedHeader(t *testing.T) {
	for _, value := range []string{
		"", "r; account=../x", "r; root=" + string(make([]byte, 65)), "r; account=a b",
		"r; deadline=0",
	} {
		if a, err := queryserver.ParseHeader(value); err == nil {
			t.Errorf("%q: got %+v, want an error", value, a)
		}
	}
}

// spy remembers the job it was given.
type spy struct{ job *sandbox.Job }

func (s spy) Do(_ context.Context, j sandbox.Job) (sandbox.Answer, error) {
	*s.job = j
	return sandbox.Answer{}, fmt.Errorf("%w: the account has too many functions waiting to run", sandbox.ErrBusy)
}

// Whose run it is, and that no call waits for it, reaches whoever shares out the workers; a full queue is an outcome.
func TestShowSaysWhoseRunItIs(t *testing.T) {
	for _, c := range []struct {
		name, header string
		want         sandbox.Job
	}{
		{"call", "r; account=aa; root=bb", sandbox.Job{Kind: sandbox.KindShow, Account: "aa", Root: "bb"}},
		{"rehearsal", "r; account=aa; root=bb; lane=rehearsal; explain=1", sandbox.Job{
			Kind:    sandbox.KindExplain,
			Account: "aa", Root: "bb", Rehearsal: true,
		}},
		{"anybody's request", "", sandbox.Job{Kind: sandbox.KindShow, Account: "cc"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			headers := map[string]string{}
			if c.header != "" {
				headers["x-callfn-run"] = c.header
			}
			req, err := json.Marshal(map[string]any{"query": map[string]string{}, "headers": headers})
			if err != nil {
				t.Fatal(err)
			}
			var got sandbox.Job
			answer, err := queryserver.Show(context.Background(), spy{&got}, "function(){}",
				json.RawMessage(`{"_id":"f","pvt_account_id":"cc"}`), req, sandbox.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			got = sandbox.Job{Kind: got.Kind, Account: got.Account, Root: got.Root, Rehearsal: got.Rehearsal}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("the job (-want +got):\n%s", diff)
			}
			if want := `{"code":503,"json":{"error":"refused","message":"the account has too many functions waiting to ` +
				`run"}}`; string(answer) != want {
				t.Errorf("got %s, want %s", answer, want)
			}
		})
	}
}

// What a run is told of its document is what JavaScript reads there, however CouchDB, or who made the document, has
// written it.
func TestStrangeLines(t *testing.T) {
	for _, c := range []struct{ name, doc, req, account, answer string }{
		{
			"white space", ` { "pvt_account_id" : "cc" } `, ` { "headers" : { "X-Callfn-Run" : "r; account=aa" } } `, "aa",
			"refused",
		},
		{"names twice", `{"pvt_account_id":"aa","pvt_account_id":"cc"}`, `{"headers":1,"headers":{}}`, "cc", "refused"},
		{
			"names in other letters", `{"pvt_account_i\u0064":"cc"}`, `{"header\u0073":{"x-callfn-ru\u006e":"r; account=aa"}}`,
			"aa", "refused",
		},
		{"half a surrogate", `{"x":"\ud800\n\\","\udc00\\":1,"pvt_account_id":"cc"}`, `{}`, "cc", "refused"},
		{
			"nested deeply", `{"x":` + strings.Repeat("[", 1500) + strings.Repeat("]", 1500) + `,"pvt_account_id":"cc"}`, `{}`,
			"cc", "refused",
		},
		{"no document", `null`, `{"headers":null}`, "", "refused"},
		{"an account that is none", `{"pvt_account_id":["cc"]}`, `{}`, "", "refused"},
		{"headers that are none", `{}`, `{"headers":"x-callfn-run"}`, "", "headers are no object"},
		{"a header that is no text", `{}`, `{"headers":{"x-callfn-run":["r"]}}`, "", "not a string"},
		{"a request that is none", `{}`, `[]`, "", "not an object"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got sandbox.Job
			s := queryserver.NewServer(spy{&got}, sandbox.Limits{})
			s.Answer(t.Context(), []byte(`["ddoc","new","_design/d",{"shows":{"x":"function () {}"}}]`))
			answer := s.Answer(t.Context(), []byte(`["ddoc","_design/d",["shows","x"],[`+c.doc+`,`+c.req+`]]`))
			if got.Account != c.account || !strings.Contains(string(answer), c.answer) {
				t.Errorf("the account is %q, want %q; the answer is %s", got.Account, c.account, answer)
			}
			answer, err := queryserver.Show(t.Context(), spy{&got}, "function () {}", json.RawMessage(c.doc),
				json.RawMessage(c.req), sandbox.Limits{})
			if err != nil || got.Account != c.account || !strings.Contains(string(answer), c.answer) {
				t.Errorf("without the protocol: the account is %q, want %q; the answer is %s %v", got.Account, c.account, answer,
					err)
			}
		})
	}
}
