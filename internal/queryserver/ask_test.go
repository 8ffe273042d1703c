package queryserver_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callfn/internal/queryserver"
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
