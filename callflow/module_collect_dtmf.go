package callflow

import (
	"cmp"
	"context"
	"strings"
	"time"
)

// defaultCollection is the collection for digits without a name (kapps_call.erl).
const defaultCollection = "default"

// collectDTMF is KAZOO's `collect_dtmf` (cf_collect_dtmf.erl): it answers and collects data.max_digits digits (1). A
// terminator (`#`) ends it, as do data.timeout ms without the first digit (5000) and data.interdigit_timeout ms without
// the next (2000). The digits go into the collection data.collection_name, which functions see as Digits[name]. Digits
// that are in the collection `default` already count first. It always continues at `_`.
func collectDTMF(ctx context.Context, t *Turn) Next {
	if err := t.Switch.Answer(ctx); err != nil {
		t.fail(err)
	}
	ends := collectTerminators(t.Data)
	had := t.Call.Collections[defaultCollection]
	if i := strings.IndexAny(had, strings.Join(ends, "")); i >= 0 {
		had = had[:i]
	}
	delete(t.Call.Collections, defaultCollection)
	most := int(min(max(t.Data.Int("max_digits", 1), 1), maxText))
	if len(had) < most {
		more, err := t.Switch.Collect(ctx, Collect{
			Max: most - len(had), Terminators: ends,
			Timeout:    waitFor(t.Data, "timeout", collectTimeout),
			Interdigit: waitFor(t.Data, "interdigit_timeout", interdigitTimeout),
		})
		if err != nil {
			t.fail(err)
			return Continue()
		}
		had += more
	}
	t.collected(cmp.Or(t.Data.String("collection_name"), defaultCollection), had[:min(len(had), most)])
	return Continue()
}

// collected stores digits under a name.
func (t *Turn) collected(name, digits string) {
	if t.Call.Collections == nil {
		t.Call.Collections = make(map[string]string)
	}
	t.Call.Collections[name] = digits
	t.Note("collected " + cmp.Or(t.keys(digits), "nothing"))
}

// collectTerminators are the keys that end a collection.
func collectTerminators(d Data) []string {
	if one := d.String("terminator"); one != "" {
		return []string{one}
	}
	if several := d.Strings("terminators"); len(several) > 0 {
		return several
	}
	return []string{"#"}
}

// waitFor reads a time in milliseconds, bounded to a day.
func waitFor(d Data, name string, otherwise time.Duration) time.Duration {
	ms := d.Int(name, otherwise.Milliseconds())
	return time.Duration(min(max(ms, 0), maxMoment.Milliseconds())) * time.Millisecond
}
