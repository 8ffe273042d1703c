package queryserver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callfn/internal/queryserver"
	"callfn/internal/sandbox"
)

func TestAskSurvivesItsHeader(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[0-9a-f]{32}`)
		want := queryserver.Ask{
			Run: id.Draw(t, "run"), TimeZone: rapid.SampledFrom([]string{"", "Europe/Berlin"}).Draw(t, "tz"),
			Deadline: time.Duration(rapid.IntRange(0, 5000).Draw(t, "ms")) * time.Millisecond,
			Account:  rapid.OneOf(id, rapid.Just("")).Draw(t, "account"), Root: rapid.OneOf(id, rapid.Just("")).Draw(t, "root"),
			Rehearsal: rapid.Bool().Draw(t, "rehearsal"), Explain: rapid.Bool().Draw(t, "explain"),
		}
		got, err := queryserver.ParseAsk(want.String())
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
	})
}

func TestMalformedAsk(t *testing.T) {
	for _, value := range []string{"", "r; account=../x", "r; root=" + string(make([]byte, 65)), "r; account=a b", "r; deadline=0"} {
		if a, err := queryserver.ParseAsk(value); err == nil {
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
		{"rehearsal", "r; account=aa; root=bb; lane=rehearsal; explain=1", sandbox.Job{Kind: sandbox.KindExplain, Account: "aa", Root: "bb", Rehearsal: true}},
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
			answer, err := queryserver.Show(context.Background(), spy{&got}, "function(){}", json.RawMessage(`{"_id":"f","pvt_account_id":"cc"}`), req, sandbox.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			got = sandbox.Job{Kind: got.Kind, Account: got.Account, Root: got.Root, Rehearsal: got.Rehearsal}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if want := `{"code":503,"json":{"error":"refused","message":"the account has too many functions waiting to run"}}`; string(answer) != want {
				t.Errorf("got %s, want %s", answer, want)
			}
		})
	}
}
