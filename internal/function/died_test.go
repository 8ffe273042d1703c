package function_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callfn/internal/function"
	"callfn/internal/runs"
)

// mortal is a query server that dies under the shows of functions which say so, as by somebody else's hand or by its
// own fault.
const mortal = `while read -r line; do
  case "$line" in
  '["ddoc","new"'*) echo true ;;
  *die-KILL*) kill -KILL $$ ;;
  *die-TERM*) kill -TERM $$ ;;
  *die-SEGV*) kill -SEGV $$ ;;
  *'"shows"'*) echo '["resp",{"json":{"module":"noop"}}]' ;;
  *) echo true ;;
  esac
done
`

// A process that was killed from outside says nothing of the function it ran; one that broke down under it does.
func TestAProcessKilledFromOutsideIsNoCrash(t *testing.T) {
	script := filepath.Join(t.TempDir(), "mortal")
	if err := os.WriteFile(script, []byte(mortal), 0o600); err != nil {
		t.Fatal(err)
	}
	p := direct(t, queryServers(t, "sh "+script))
	for i, c := range []struct {
		source string
		want   runs.Outcome // "" for an error, which is engine_down
	}{{"return 1", runs.OK}, {"die-KILL", ""}, {"die-TERM", ""}, {"die-SEGV", runs.Crashed}} {
		id := strings.Repeat("0", 31) + string(rune('1'+i))
		store(t, p, id, c.source)
		ev, err := p.Driver.Evaluate(
			t.Context(),
			function.Evaluation{
				Terms:    runs.Terms{Run: "r", Deadline: 2 * time.Second},
				Function: function.ID(id),
				Params:   map[string]string{"To": "1000"},
			},
		)
		if ev.Outcome != c.want || (err != nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(),
			"killed from outside") {
			t.Errorf("%s: outcome %q, error %v; want %q", c.source, ev.Outcome, err, c.want)
		}
	}
}
