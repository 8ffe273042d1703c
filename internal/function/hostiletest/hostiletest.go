package hostiletest

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"callfn/internal/function"
	"callfn/internal/function/fixtures"
	"callfn/internal/runs"
)

// The accounts of the suite: the hostile one, and one that must not notice.
const (
	Hostile  = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	Innocent = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// Place is somewhere functions are evaluated.
type Place struct {
	Driver function.Driver
	// Store makes the place hold the document under its _id.
	Store func(ctx context.Context, doc map[string]any) error
	// Known names the list of what the place cannot hold; "" where it must hold everything.
	Known string
	// Apart is set where accounts share no process, which the list does not know: what it says fails may hold.
	Apart bool
	// Late is how long after its deadline a run may end at most. 0 for "whenever".
	Late time.Duration
	// Processes lists the processes that evaluate; each must stay under MaxRSS bytes. Nil where that cannot be known.
	Processes func() []int
	MaxRSS    int64
}

// Run runs every fixture. prepare makes the place of one fixture: the same one for all where nothing can leak, one of
// its own where one fixture's harm would otherwise be another's.
func Run(t *testing.T, prepare func(t *testing.T) Place) {
	all, err := fixtures.Load(testdata, parse)
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	list := ""
	for _, f := range all {
		named[f.name] = true
		t.Run(f.name, func(t *testing.T) {
			p := prepare(t)
			list = p.Known
			entries, err := readKnown(p.Known)
			if err != nil {
				t.Fatal(err)
			}
			problems := p.check(f)
			k, is := entries[f.name]
			switch {
			case is && !k.may && !p.Apart && len(problems) == 0:
				t.Errorf("listed as a known failure (%s), but it holds: take it off the list", k.reason)
			case is:
				t.Logf("known failure: %s: %s", k.reason, strings.Join(problems, "; "))
			case len(problems) > 0:
				t.Error(strings.Join(problems, "\n"))
			}
		})
	}
	entries, err := readKnown(list)
	if err != nil {
		t.Fatal(err)
	}
	for name := range entries {
		if !named[name] {
			t.Errorf("known failure %q names no fixture", name)
		}
	}
}

// check runs one fixture and says what is wrong.
func (p Place) check(f fixture) (problems []string) {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	complain := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }

	ids := map[string]function.ID{
		"hostile": "a" + function.ID(hash(f.name)), "same": "b" + function.ID(hash(f.name)), "other": "c" +
			function.ID(hash(f.name)),
	}
	for who, doc := range map[string]map[string]any{
		"hostile": {"function_js": f.source, "pvt_account_id": Hostile},
		"same":    {"function_js": f.then, "pvt_account_id": Hostile},
		"other":   {"function_js": f.then, "pvt_account_id": Innocent},
	} {
		doc["_id"], doc["name"], doc["pvt_type"] = string(ids[who]), f.name+" "+who, "function"
		if err := p.Store(ctx, doc); err != nil {
			return []string{err.Error()}
		}
	}

	deadline := 3 * time.Second // a busy machine must not make a timeout of what ends by itself
	if f.want.allows(runs.Timeout) {
		deadline = 300 * time.Millisecond
	}
	if f.want.DeadlineMS > 0 {
		deadline = time.Duration(f.want.DeadlineMS) * time.Millisecond
	}
	params := map[string]string{"me": "hostile"}
	for k, v := range f.params {
		params[k] = v
	}
	watch := p.watch()
	start := time.Now()
	got, err := p.evaluate(ctx, ids["hostile"], Hostile, params, deadline)
	took := time.Since(start)
	if peak := watch(); peak > p.MaxRSS && p.Processes != nil {
		complain("a process grew to %d MiB, at most %d", peak>>20, p.MaxRSS>>20)
	}
	if err != nil {
		complain("no answer: %v", err)
	} else if problem := f.want.compare(got); problem != "" {
		complain("%s", problem)
	}
	if p.Late > 0 && took > deadline+p.Late {
		complain("took %v with a deadline of %v", took, deadline)
	}

	for _, next := range []struct{ who, account string }{{"other", Innocent}, {"same", Hostile}, {"other", Innocent}} {
		me := next.who + " account"
		got, err := p.evaluate(ctx, ids[next.who], next.account, map[string]string{"me": me}, 2*time.Second)
		want := f.want.Then
		if want == nil {
			want = clean(me)
		}
		switch value, problem := decode(got.Value); {
		case err != nil:
			complain("then %s: no answer: %v", me, err)
		case got.Outcome != runs.OK:
			complain("then %s: %s %+v", me, got.Outcome, got.Error)
		case problem != "" || !reflect.DeepEqual(value, want):
			complain("then %s: %s %s", me, got.Value, problem)
		}
	}
	return problems
}

func (p Place) evaluate(ctx context.Context, id function.ID, account string, params map[string]string,
	deadline time.Duration,
) (runs.Report, error) {
	params["Account-ID"] = account
	return p.Driver.Evaluate(
		ctx,
		function.Evaluation{
			Terms:    runs.Terms{Run: runs.ID(fmt.Sprintf("%032x", time.Now().UnixNano())), Deadline: deadline},
			Function: id,
			Params:   params,
		},
	)
}

func (w want) compare(got runs.Report) string {
	var message string
	if got.Error != nil {
		message = got.Error.Message
	}
	logged := 0
	for _, line := range got.Logs {
		logged += len(line)
	}
	value, problem := decode(got.Value)
	switch {
	case !w.allows(got.Outcome):
		return fmt.Sprintf(
			"outcome %s, want %s (value %.200s, error %.300s)",
			got.Outcome,
			w.Outcome,
			got.Value,
			message,
		)
	case problem != "":
		return problem
	case w.Value != nil && got.Outcome == runs.OK && !reflect.DeepEqual(value, w.Value):
		return fmt.Sprintf("value %.300s, want %v", got.Value, w.Value)
	case !strings.Contains(message, w.Message):
		return fmt.Sprintf("message %.300q, want it to hold %q", message, w.Message)
	case len(message) > 3000:
		return fmt.Sprintf("a message of %d bytes", len(message))
	case logged > 100<<10:
		return fmt.Sprintf("%d bytes of logs", logged)
	}
	return ""
}

func decode(raw json.RawMessage) (v any, problem string) {
	if raw == nil {
		return nil, ""
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, err.Error()
	}
	return v, ""
}

// hash makes 31 hex digits of a name.
func hash(name string) string {
	h := uint64(14695981039346656037)
	for _, c := range []byte(name) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return fmt.Sprintf("%031x", h)
}
