package queryserver

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestCutBody(t *testing.T) {
	for _, tt := range []struct {
		doc, rest, body string
		found           bool
	}{
		{`{"function_js":"return 1"}`, `{"function_js":""}`, `return 1`, true},
		{
			`{"a":{"function_js":"x"},"b":["function_js"], "function_js" : "a\"\\\n\u00e9é😀" ,"z":1}`,
			`{"a":{"function_js":"x"},"b":["function_js"], "function_js" : "" ,"z":1}`, "a\"\\\néé😀", true,
		},
		{`{"function_js":"a\\","b":"\\\""}`, `{"function_js":"","b":"\\\""}`, `a\`, true},
		{`{"function_js":"a","function_js":"b"}`, "", "", false},
		{`{"function_j\u0073":"a","function_js":"b"}`, "", "", false},
		{`{"function_js":"\ud800"}`, "", "", false},
		{`{"function_js":"\uD83D\uDE00"}`, "", "", false},
		{"{\"function_js\":\"\xff\"}", "", "", false},
		{"{\"function_js\":\"a\nb\"}", "", "", false},
		{`{"function_js":"\q"}`, "", "", false},
		{`{"function_js":"\u+0e9"}`, "", "", false},
		{`{"function_js":"\u00"}`, "", "", false},
		{`{"function_js":1}`, "", "", false},
		{`{"function_js":"open`, "", "", false},
		{`{"function_js":`, "", "", false},
		{`{"Function_js":"x"}`, "", "", false},
		{`"function_js"`, "", "", false},
		{`null`, "", "", false},
		{``, "", "", false},
	} {
		if !tt.found {
			tt.rest = tt.doc
		}
		d := ReadDocument([]byte(tt.doc))
		if string(d.rest()) != tt.rest || string(d.body) != tt.body || (d.body != nil) != tt.found {
			t.Errorf("%s: got %q %q, want %q %q %t", tt.doc, d.rest(), d.body, tt.rest, tt.body, tt.found)
		}
	}
}

// What was cut and what is left are the document.
func FuzzCutBody(f *testing.F) {
	for _, doc := range []string{
		`{"a":1,"function_js":"return {}","b":{"function_js":2}}`, `{"function_js":"\u00e9\ud83d\ude00"}`,
		`[{"function_js":"x"}]`,
		`{"function_js":"a","function_js":"b"}`, `{"x\"":"y\\","function_js":""}`,
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		d := ReadDocument(doc)
		rest, body := d.rest(), d.body
		if body == nil {
			if string(rest) != string(doc) {
				t.Errorf("got %q, want %q, of which nothing is cut", rest, doc)
			}
			return
		}
		var whole, cut map[string]any
		wholeErr, cutErr := json.Unmarshal(doc, &whole), json.Unmarshal(rest, &cut)
		if (wholeErr == nil) != (cutErr == nil) {
			t.Fatalf("%q parses with %v, want %q to do likewise: %v", doc, wholeErr, rest, cutErr)
		}
		if wholeErr != nil {
			return
		}
		if cut["function_js"] != "" {
			t.Errorf("of %q the body is left in %q, want an empty text", doc, rest)
		}
		if cut["function_js"] = string(body); !reflect.DeepEqual(whole, cut) {
			t.Errorf("%q became %q and %q, want the same together", doc, rest, body)
		}
	})
}
