package function

import (
	"fmt"
	"slices"
	"strings"

	"callfn/internal/datastore"
	"callfn/internal/function/lint"
	"callfn/internal/jsonvalue"
	"callfn/internal/nearest"
	"callfn/internal/runs"
	"callfn/internal/sourceline"
)

// explain adds to a result what helps whoever wrote the function: the line of an error, and parameters that are not
// set.
func (r *Runner) explain(res *Result, ev runs.Report, e Evaluation, source string) {
	if res.Error != nil {
		advise(&res.Error.Failure, res.Outcome, source)
	}
	for _, key := range ev.Missed {
		if hint := r.aboutKey(key, e.Params); hint != "" {
			res.Hints = append(res.Hints, hint)
		}
	}
	if e.Rehearsal && res.Flow != nil {
		r.warnOfFlow(res)
	}
}

// warnOfFlow hints at keys of the returned flow that nothing reads. Calls do not wait for it.
func (r *Runner) warnOfFlow(res *Result) {
	v, err := jsonvalue.Decode(res.Value, flowLimits)
	flow, ok := v.(map[string]any)
	if err != nil || !ok {
		return
	}
	const most, longest = 10, 350 // keys may be long
	for i, w := range r.cfg.Flows.FlowWarnings(flow) {
		if i == most {
			break
		}
		if hint := w.Path + ": " + w.Message; len(hint) <= longest {
			res.Hints = append(res.Hints, hint)
		}
	}
}

// hintsOf are the warnings that saving a draft would give, but for what its error says already.
func hintsOf(warnings []Warning, res Result, value bool) []string {
	var hints []string
	for _, w := range warnings {
		key, _, _ := strings.Cut(w.Message, "]`")
		missed := slices.ContainsFunc(res.Hints, func(hint string) bool { return strings.HasPrefix(hint, key) })
		said := w.rule == "parameter_name" && missed ||
			w.rule == "nothing_returned" && (value || res.Outcome == runs.NoFlow) ||
			aboutResult[w.rule] && (value || res.Outcome == runs.InvalidFlow) || slices.Contains(res.Hints, w.Message) ||
			res.Error != nil &&
				(strings.Contains(res.Error.Hint, w.Message) || res.Outcome == runs.NoFlow && w.rule == "cut_return")
		switch {
		case said:
		case w.Line > 0:
			hints = append(hints, position(w.Line, w.Column)+": "+w.Message)
		default:
			hints = append(hints, w.Message)
		}
	}
	return hints
}

// aboutResult are the rules of package lint about what is returned: what an invalid flow's error says already.
var aboutResult = map[string]bool{
	"promise": true, "text_returned": true, "list_returned": true, "value_returned": true, "flow": true,
}

// advise puts an engine's words into what whoever wrote the function can do something with, and shows the line, where
// the function's text is at hand. Our own query server has done so where it ran the function.
func advise(f *runs.Failure, outcome runs.Outcome, source string) {
	if f == nil {
		return
	}
	if f.Hint == "" || f.Hint == hints[outcome] {
		lint.Explain(source, outcome, *f).Amend(f)
	}
	if f.Source == "" && source != "" {
		f.Source = sourceline.At(source, f.Line)
	}
}

// notParameters are keys that the language itself, or a habit, asks any object for.
var notParameters = map[string]bool{"toJSON": true, "then": true, "length": true}

// aboutKey says what is wrong with asking a call for a key it does not have; "" when nothing is.
func (r *Runner) aboutKey(key string, params map[string]string) string {
	if notParameters[key] {
		return ""
	}
	for have := range params {
		if strings.HasPrefix(have, key+"[") {
			return fmt.Sprintf("`call['%s']` is not set: what it holds are keys of their own, such as `call['%s']`", key,
				least(params, key+"["))
		}
	}
	near := ""
	for _, name := range r.cfg.Parameters {
		if name == key {
			return "" // a good name that this call has no value for
		}
		near = nearer(key, name, near)
	}
	for name := range params {
		near = nearer(key, name, near)
	}
	if near == "" {
		return fmt.Sprintf("`call['%s']` is not set, and no parameter has a name like it", key)
	}
	return fmt.Sprintf("`call['%s']` is not set: did you mean `%s`?", key, near)
}

// least is the first key, alphabetically, that begins with prefix.
func least(params map[string]string, prefix string) string {
	first := ""
	for name := range params {
		if strings.HasPrefix(name, prefix) && (first == "" || name < first) {
			first = name
		}
	}
	return first
}

// longestName is how long a name may be, in bytes, to be compared with others.
const longestName = 200

// nearer is name when it is a likelier meaning of key than best is, else best. Equally near ones go by the alphabet, so
// that a hint does not depend on the order of a map.
func nearer(key, name, best string) string {
	a, b := datastore.AlphanumName(key), datastore.AlphanumName(name)
	most := min(len([]rune(a))/4, 3)
	if len(a) > longestName || best == name {
		return best
	}
	d := nearest.Distance(a, b, most)
	if d > most {
		return best
	}
	if best != "" {
		than := nearest.Distance(a, datastore.AlphanumName(best), most)
		if d > than || d == than && name > best {
			return best
		}
	}
	return name
}
