package lint_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"callfn/internal/function/lint"
)

// The cost of any body is proportional to its length, since the service itself examines it.
func TestCost(t *testing.T) {
	const size = 128 << 10
	repeat := func(s string) string { return strings.Repeat(s, size/len(s)) }
	nest := func(open, middle, end string) string {
		n := size / (len(open) + len(end))
		return strings.Repeat(open, n) + middle + strings.Repeat(end, n)
	}
	var names strings.Builder
	for i := range size / 16 {
		fmt.Fprintf(&names, "var abcd%d;abce%d;", i, i)
	}
	for name, body := range map[string]string{
		"braces": nest("{\r", "", "\r}"),
		"indented": strings.Repeat(" ", size/4) + strings.Repeat("{", size/4) + "\n" + strings.Repeat(" ", size/4) +
			strings.Repeat("}", size/4),
		"parameters": nest("(a=", "1", ")=>1"),
		"patterns":   nest("[", "a", "]=1"),
		"objects":    nest("{a:", "1", "}=1"),
		"arrows":     repeat("a=>"),
		"async":      repeat("async x=>"),
		"functions":  nest("var f=function(){", "", "}"),
		"templates":  nest("`${", "1", "}`"),
		"classes":    nest("class a{b(){", "", "}}"),
		"dashes":     "call" + repeat(".A-A"),
		"ternaries":  nest("a?", "1", ":1"),
		"returns":    repeat("return\n{}"),
		"names":      names.String(),
		"loops":      nest("for(;;){", "", "}"),
		"in lists":   "var b=[1];" + repeat("for(a in b)c==a;"),
		"negations":  repeat("if(!a.b.c==1);"),
		"chains":     repeat("a<b.c.d.e+"),
		"constants":  "const a=1;" + repeat("a=2;"),
		"flows":      "return" + nest("{a:", "1", "}"),
		"lists":      "return{module:" + nest("[", "1", "]") + "}",
		"numbers":    repeat("d.getDay()==9;"),
		"octal":      repeat("0123;"),
		"ends":       repeat("{return 1;a()}"),
		"methods":    repeat("a.contains(1);"),
		"arguments":  repeat("(a,"),
		"ifs":        repeat("if(a)"),
		"positions":  "if(" + repeat("a[1].indexOf(1)&&") + "1)2",
		"cases":      "switch(a){" + repeat("case 1:a=1;") + "}",
		"texts":      repeat("a.trim()===1;"),
	} {
		begun := time.Now()
		lint.Check(body)
		lint.Reads(body)
		lint.Flows(body)
		lint.Formats(body)
		for _, message := range []string{"SyntaxError: expecting ';'", "SyntaxError: unexpected end"} {
			lint.Syntax(body, lint.Fault{Message: message, Line: 1, Column: size / 2})
		}
		for _, message := range []string{"ReferenceError: 'abcf1' is not defined", "TypeError: not a function"} {
			lint.Thrown(body, lint.Fault{Message: message, Line: 1, Column: size / 2})
		}
		if took := time.Since(begun); took > 4*time.Second { // at most a tenth of that, if nothing is quadratic
			t.Errorf("%s: got %s for %d bytes, want at most 4 s", name, took, len(body))
		} else {
			t.Logf("%s: %s", name, took)
		}
	}
}
