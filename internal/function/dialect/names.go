package dialect

// Name describes a feature for an admin: its name, what happens to a function that uses it on an engine that lacks it,
// and what to write instead.
type Name struct{ What, Fate, Instead string }

// names are the features. An empty fate means syntaxFate.
var names = map[string]struct{ what, instead, fate string }{
	"let":            {what: "`let`", instead: "`var`"},
	"arrow_function": {what: "an arrow function (`=>`)", instead: "`function (…) { return …; }`"},
	"template":       {what: "a template string (`…${…}`)", instead: "strings joined by `+`"},
	"class":          {what: "a `class`", instead: "a function and its prototype"},
	"spread":         {what: "`...` (spread or rest)", instead: "`apply`, `concat` or `arguments`"},
	"generator":      {what: "a generator (`function*`)", instead: "a loop that fills a list"},
	"exponent":       {what: "`**`", instead: "`Math.pow`"},
	"async": {what: "an `async` function", instead: "plain code: a function's answer is read at once, " +
		"nobody waits for a promise"},
	"optional_catch":     {what: "`catch` without a name", instead: "`catch (e)`"},
	"bigint":             {what: "a BigInt (`1n`)", instead: "a number or a string"},
	"nullish":            {what: "`??`", instead: "`a !== undefined && a !== null ? a : b`"},
	"optional_chaining":  {what: "`?.`", instead: "`a && a.b`"},
	"numeric_separator":  {what: "`_` in a number", instead: "the number without it"},
	"logical_assignment": {what: "`??=`, `||=` or `&&=`", instead: "the assignment written out: `a = a || b`"},
	"class_field":        {what: "a class field", instead: "an assignment in the constructor"},
	"private_name":       {what: "a private name (`#x`)", instead: "a name that begins with `_`"},
	"private_in":         {what: "`#x in …`", instead: "a property to look for"},
	"static_block":       {what: "a `static { }` block", instead: "code after the class"},
	"regexp_d_flag":      {what: "a regular expression's flag `d`", instead: "`index` of the match"},
	"regexp_v_flag":      {what: "a regular expression's flag `v`", instead: "the flag `u`, or none"},
	"promise": {
		what: "`Promise`, and so no `async` function", fate: "in a call this function would fail",
		instead: "plain code: a function's answer is read at once, nobody waits for a promise",
	},
	"proxy":       {what: "`Proxy`", fate: "in a call this function would fail", instead: "plain objects"},
	"typed_array": {what: "typed arrays", fate: "in a call this function would fail", instead: "lists"},
	"weak_ref":    {what: "`WeakRef`", fate: "in a call this function would fail", instead: "plain objects"},
	"locale_compare": {
		what:    "the locale of `localeCompare`",
		fate:    "in a call it compares by Unicode, ä behind z",
		instead: "an order of your own",
	},
	"intl": {
		what: "`Intl`", fate: "in a call this function would fail",
		instead: "the text from getHours(), getDay() and the like",
	},
	"intl_zone": {
		what:    "the account's time zone in `Intl.DateTimeFormat`",
		fate:    "without the option `timeZone` it formats in the time zone of that engine's server",
		instead: "`timeZone` among the options, or use a date's own toLocaleString",
	},
	"locale_options": {
		what:    "the locale and options of `toLocaleString` and the like",
		fate:    "in a call this function would fail, or say something else",
		instead: "the text from getHours(), getDay() and the like",
	},
}

// syntaxFate is what happens to a function with syntax that an engine does not parse.
const syntaxFate = "in a call this function would fail with a syntax error"

// Describe returns the description of a feature. ok is false for unknown names.
func Describe(feature string) (name Name, ok bool) {
	n, ok := names[feature]
	if n.fate == "" {
		n.fate = syntaxFate
	}
	return Name{What: n.what, Fate: n.fate, Instead: n.instead}, ok
}
