package schemas

import (
	"errors"
	"maps"
	"slices"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"callfn/internal/pattern"
)

// Regex is a regular expression in a value.
type Regex struct {
	// Path is where the expression is, as in FieldErrors. For an expression that is a key, the path ends with it.
	Path string
	Text string
	// Stored is set if callfn only stores the expression for KAZOO and never matches with it.
	Stored bool
	// Together is set if one look-up tries the expression with all others that have Together set.
	Together bool
	// Smaller says what to do if the expression is too large.
	Smaller string
}

// Explain returns what is wrong with the expression, an error of package pattern, in words for an admin.
func (r Regex) Explain(err error) string {
	var large *pattern.TooLargeError
	if errors.As(err, &large) && r.Smaller != "" {
		return large.What + ": " + r.Smaller
	}
	return err.Error()
}

// regexPlace is where a schema's values have regular expressions: the names that lead there, with "*" for each member
// of an object or a list. With keys the expressions are the names of the members, except the given ones.
type regexPlace struct {
	schema   string
	path     []string
	keys     bool
	but      string
	stored   bool
	together bool
	smaller  string
}

// What to do about an expression that is too large, by its place.
const (
	splitPatterns = "split it into several patterns of the list"
	splitEntries  = "split it into several entries of the list, or list numbers and prefixes"
	chainNodes    = "split it, and check the second part with another check_cid node as the child nomatch; or put the " +
		"numbers into a list and use cidlistmatch"
	writeShorter = "write it shorter: groups and classes such as 415(55|66)[0-9]{5} instead of numbers written out"
)

var regexPlaces = []regexPlace{
	{schema: "callflows", path: []string{"patterns", "*"}, together: true, smaller: splitPatterns},
	{schema: "callflows.check_cid", path: []string{"regex"}, smaller: chainNodes},
	{schema: "callflows.branch_bnumber", path: []string{"hunt_allow"}, smaller: writeShorter},
	{schema: "callflows.branch_bnumber", path: []string{"hunt_deny"}, smaller: writeShorter},
	{schema: "callflows.dynamic_cid", path: []string{"whitelist_regex"}, stored: true},
	{schema: "menus", path: []string{"hunt_allow"}, smaller: writeShorter},
	{schema: "menus", path: []string{"hunt_deny"}, smaller: writeShorter},
	{schema: "lists", path: []string{"entries", "*", "pattern"}, together: true, smaller: splitEntries},
	{schema: "lists", path: []string{"entries", "*", "regexp"}, together: true, smaller: splitEntries},
	{schema: "metaflows", path: []string{"patterns"}, keys: true, stored: true},
	{schema: "accounts", path: []string{"dial_plan"}, keys: true, but: "system", stored: true},
	{schema: "users", path: []string{"dial_plan"}, keys: true, but: "system", stored: true},
	{schema: "devices", path: []string{"dial_plan"}, keys: true, but: "system", stored: true},
	{schema: "accounts", path: []string{"formatters", "*", "regex"}, stored: true},
	{schema: "users", path: []string{"formatters", "*", "regex"}, stored: true},
	{schema: "devices", path: []string{"formatters", "*", "regex"}, stored: true},
	{schema: "accounts", path: []string{"formatters", "*", "*", "regex"}, stored: true},
	{schema: "users", path: []string{"formatters", "*", "*", "regex"}, stored: true},
	{schema: "devices", path: []string{"formatters", "*", "*", "regex"}, stored: true},
}

// regex returns the expression at a path.
func (p regexPlace) regex(path []string, text string) Regex {
	return Regex{Path: Path(path...), Text: text, Stored: p.stored, Together: p.together, Smaller: p.smaller}
}

// Regexes finds every regular expression in a value of the named schema, including the data of flow nodes. value need
// not be valid.
func (s *Set) Regexes(name string, value any) []Regex {
	f := regexFinder{}
	walk := walker{compiled: s.compiled, limits: s.limits, visit: f.visit}
	walk.look(s.schemas[name], value)
	return f.found
}

type regexFinder struct{ found []Regex }

func (f *regexFinder) visit(w *walker, schema *jsonschema.Schema, value any) {
	for _, place := range regexPlaces {
		if w.schemas[place.schema] == schema {
			f.collect(w.path, place, place.path, value)
		}
	}
}

// collect follows the remaining names.
func (f *regexFinder) collect(path []string, place regexPlace, names []string, value any) {
	if len(names) == 0 {
		if text, ok := value.(string); ok && !place.keys {
			f.found = append(f.found, place.regex(path, text))
		}
		if object, ok := value.(map[string]any); ok && place.keys {
			for _, key := range slices.Sorted(maps.Keys(object)) {
				if key != place.but {
					f.found = append(f.found, place.regex(below(path, key), key))
				}
			}
		}
		return
	}
	name, rest := names[0], names[1:]
	switch v := value.(type) {
	case map[string]any:
		if name != "*" {
			f.collect(below(path, name), place, rest, v[name])
			return
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			f.collect(below(path, key), place, rest, v[key])
		}
	case []any:
		for i, item := range v {
			if name == "*" {
				f.collect(below(path, strconv.Itoa(i)), place, rest, item)
			}
		}
	}
}
