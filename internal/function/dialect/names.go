package dialect

// names tells each feature by what an admin writes, and what to write instead.
var names = map[string]struct{ what, instead string }{
	"let":                {"`let`", "`var`"},
	"arrow_function":     {"an arrow function (`=>`)", "`function (…) { return …; }`"},
	"template":           {"a template string (`…${…}`)", "strings joined by `+`"},
	"class":              {"a `class`", "a function and its prototype"},
	"spread":             {"`...` (spread or rest)", "`apply`, `concat` or `arguments`"},
	"generator":          {"a generator (`function*`)", "a loop that fills a list"},
	"exponent":           {"`**`", "`Math.pow`"},
	"async":              {"an `async` function", "plain code: a function's answer is read at once, nobody waits for a promise"},
	"optional_catch":     {"`catch` without a name", "`catch (e)`"},
	"bigint":             {"a BigInt (`1n`)", "a number or a string"},
	"nullish":            {"`??`", "`a !== undefined && a !== null ? a : b`"},
	"optional_chaining":  {"`?.`", "`a && a.b`"},
	"numeric_separator":  {"`_` in a number", "the number without it"},
	"logical_assignment": {"`??=`, `||=` or `&&=`", "the assignment written out: `a = a || b`"},
	"class_field":        {"a class field", "an assignment in the constructor"},
	"private_name":       {"a private name (`#x`)", "a name that begins with `_`"},
	"private_in":         {"`#x in …`", "a property to look for"},
	"static_block":       {"a `static { }` block", "code after the class"},
	"regexp_d_flag":      {"a regular expression's flag `d`", "`index` of the match"},
	"regexp_v_flag":      {"a regular expression's flag `v`", "the flag `u`, or none"},
}

// Describe tells a feature as an admin writes it, and what older engines understand instead. ok is false for unknown names.
func Describe(feature string) (what, instead string, ok bool) {
	n, ok := names[feature]
	return n.what, n.instead, ok
}
