package jsonvalue_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"callfn/internal/jsonvalue"
	"callfn/internal/jsonvalue/jsonvaluetest"
)

func TestOrderOfAnyObjectIsKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(jsonvaluetest.Text(3).Draw(t, "text"))
		obj := decodeObject(t, text)
		written, err := json.Marshal(obj)
		if err != nil {
			t.Fatal(err)
		}
		wantTokens(t, written, text)
	})
}

// A value may change after its order was read: new members come last, missing ones are skipped.
func TestOrderOfAChangedObject(t *testing.T) {
	obj := decodeObject(t, []byte(`{"zeta":1,"alpha":{"y":1,"x":2},"mid":[{"b":1,"a":2},7]}`))
	delete(obj.Members, "zeta")
	obj.Members["later"], obj.Members["early"] = true, nil
	obj.Members["alpha"].(map[string]any)["new"] = json.Number("3")
	want := `{"alpha":{"y":1,"x":2,"new":3},"mid":[{"b":1,"a":2},7],"early":null,"later":true}`
	if got, err := json.Marshal(obj); err != nil || string(got) != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
	if diff := cmp.Diff([]string{"alpha", "mid", "early", "later"}, obj.Names()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestOrderOfWhatGoCodeMade(t *testing.T) {
	obj := jsonvalue.Object{Members: map[string]any{
		"n": 7, "big": int64(1) << 60, "list": []any(nil), "html": "<a&b>", "words": []string{"x"},
		"bad": json.Number("0x1f"),
	}}
	if _, err := json.Marshal(obj); err == nil {
		t.Error("0x1f: got it passed for a number, want it refused")
	}
	delete(obj.Members, "bad")
	want := `{"big":1152921504606846976,"html":"<a&b>","list":null,"n":7,"words":["x"]}`
	if got, err := obj.MarshalJSON(); err != nil || string(got) != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
	if got, err := json.Marshal(jsonvalue.Object{}); err != nil || string(got) != "null" {
		t.Errorf("no object: got %s, %v; want null", got, err)
	}
}

// CouchDB lets documents hold a name twice. Such a name is written once, at its first place.
func TestOrderOfANameThatStandsTwice(t *testing.T) {
	many := strings.Repeat(`"x":0,`, 3)
	for i := range 20 {
		many += fmt.Sprintf(`"k%d":%d,`, i, i)
	}
	for _, text := range []string{`{"b":{"z":1},"a":2,"b":{"y":1,"x":2}}`, `{` + many +
		`"b":{"z":1},"a":2,"b":{"y":1,"x":2}}`} {
		var members map[string]any
		if err := json.Unmarshal([]byte(text), &members); err != nil {
			t.Fatal(err)
		}
		got, err := jsonvalue.OrderOf([]byte(text)).Append(nil, members)
		if err != nil || !strings.HasSuffix(string(got), `"b":{"y":1,"x":2},"a":2}`) {
			t.Errorf("%s: got %s, %v, want b before a", text, got, err)
		}
		if n := strings.Count(string(got), `"x":`); n > 2 {
			t.Errorf("got x %d times in %s, want twice at most", n, got)
		}
	}
}

func TestOrderOfAMerge(t *testing.T) {
	for _, tt := range []struct{ name, base, patch, want string }{
		{"members that are there stay", `{"z":1,"a":2}`, `{"a":3,"z":4}`, `{"z":4,"a":3}`},
		{"new ones come last, in their order", `{"z":1}`, `{"y":2,"b":3,"z":4}`, `{"z":4,"y":2,"b":3}`},
		{"below, too", `{"c":{"z":{"q":1},"a":2}}`, `{"c":{"m":0,"z":{"p":1}}}`, `{"c":{"z":{"q":1,"p":1},"a":2,"m":0}}`},
		{"what null removes leaves no gap", `{"z":1,"y":2,"x":3}`, `{"y":null}`, `{"z":1,"x":3}`},
		{"an array is replaced", `{"l":[{"z":1,"a":2}]}`, `{"l":[{"b":1,"a":2}]}`, `{"l":[{"b":1,"a":2}]}`},
		{"an object takes an array's place", `{"l":[{"z":1}]}`, `{"l":{"b":1,"a":2}}`, `{"l":{"b":1,"a":2}}`},
		{"an array takes an object's place", `{"l":{"z":1,"a":2}}`, `{"l":[{"b":1,"a":2}]}`, `{"l":[{"b":1,"a":2}]}`},
		{"an object takes a text's place", `{"z":"t","a":1}`, `{"z":{"b":1,"a":2}}`, `{"z":{"b":1,"a":2},"a":1}`},
		{"nothing to merge", `{"z":1,"a":2}`, `{}`, `{"z":1,"a":2}`},
		{"nothing there before", `{}`, `{"z":1,"a":2}`, `{"z":1,"a":2}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			base, patch := decodeObject(t, []byte(tt.base)), decodeObject(t, []byte(tt.patch))
			merged := jsonvalue.Object{
				Members: jsonvalue.Merge(base.Members, patch.Members),
				Order:   base.Order.Merge(patch.Order),
			}
			if got, err := json.Marshal(merged); err != nil || string(got) != tt.want {
				t.Errorf("got %s, %v; want %s", got, err, tt.want)
			}
			for _, unchanged := range []struct {
				obj  jsonvalue.Object
				want string
			}{{base, tt.base}, {patch, tt.patch}} {
				if got, err := json.Marshal(unchanged.obj); err != nil || string(got) != unchanged.want {
					t.Errorf("merging changed %s to %s, %v", unchanged.want, got, err)
				}
			}
		})
	}
}

// In returns the order of what is written: reading the output again gives the same.
func TestOrderIn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		obj := decodeObject(t, []byte(jsonvaluetest.Text(2).Draw(t, "text")))
		more := decodeObject(t, []byte(jsonvaluetest.Text(2).Draw(t, "more")))
		merged := jsonvalue.Merge(obj.Members, more.Members)
		written, err := obj.Order.Append(nil, merged)
		if err != nil {
			t.Fatal(err)
		}
		again, err := obj.Order.In(merged).Append(nil, merged)
		if err != nil || string(again) != string(written) {
			t.Fatalf("got %s, %v; want %s", again, err, written)
		}
		if diff := cmp.Diff(jsonvalue.OrderOf(written), obj.Order.In(merged), cmp.AllowUnexported(jsonvalue.Order{}),
			cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("order of %s, want it kept (-as read +as written):\n%s", written, diff)
		}
	})
}

func TestOrderWith(t *testing.T) {
	inner := decodeObject(t, []byte(`{"z":1,"a":2}`))
	obj := decodeObject(t, []byte(`{"c":{"x":1},"b":2}`))
	obj.Members["c"], obj.Members["a"] = inner.Members, inner.Members
	obj.Order = obj.Order.With("c", inner.Order).With("a", inner.Order).With("b", nil)
	want := `{"c":{"z":1,"a":2},"b":2,"a":{"z":1,"a":2}}`
	if got, err := json.Marshal(obj); err != nil || string(got) != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
	array := jsonvalue.OrderOf([]byte(`[{"z":1,"a":2},{"y":1,"b":2}]`))
	object := map[string]any{"z": map[string]any{"a": 1, "z": 2}}
	for how, order := range map[string]*jsonvalue.Order{
		"With": array.With("z", nil), "In": array.In(object),
		"itself": array,
	} {
		if got, err := order.Append(nil, object); err != nil || string(got) != `{"z":{"a":1,"z":2}}` {
			t.Errorf("%s of an array's order: got %s, %v for an object, want its members sorted", how, got, err)
		}
	}
	var none *jsonvalue.Order
	if got := none.With("z", nil).With("a", nil).Names(map[string]any{"a": 1, "z": 2}); got[0] != "z" {
		t.Errorf("got %v; want z first", got)
	}
}

func TestOrderRenamed(t *testing.T) {
	obj := decodeObject(t, []byte(`{"z":[{"pin":1,"a":2}],"b":1,"c":2}`))
	order := obj.Order.Renamed(func(name string) string {
		return map[string]string{"pin": "***", "b": "same", "c": "same"}[name] + map[string]string{"z": "z", "a": "a"}[name]
	})
	renamed := map[string]any{"z": []any{map[string]any{"***": 1, "a": 2}}, "same": 2}
	want := `{"z":[{"***":1,"a":2}],"same":2}`
	if got, err := order.Append(nil, renamed); err != nil || string(got) != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
}

// The time for a hostile value is proportional to its length.
func TestOrderOfManyMembers(t *testing.T) {
	var b strings.Builder
	for i := range 60_000 {
		fmt.Fprintf(&b, `,"k%d":{}`, i)
	}
	text := []byte("{" + b.String()[1:] + "}")
	obj := decodeObject(t, text)
	started := time.Now()
	merged := obj.Order.Merge(jsonvalue.OrderOf(text))
	got, err := merged.Append(nil, obj.Members)
	if err != nil || string(got) != string(text) {
		t.Fatalf("got %d bytes and %v, want the same %d", len(got), err, len(text))
	}
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("took %v, want 5 s at most", took)
	}
}

func FuzzOrderOf(f *testing.F) {
	for _, seed := range []string{
		`{"a":[{"b":1,"\u0061":"\\\""}]}`, `{"a":1,"a":{}}`, `{"a`, `[{`, `"`, `{"a":}`, ` `,
		`]]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		order := jsonvalue.OrderOf(data) // must end for any text
		v, err := jsonvalue.Decode(data, jsonvalue.Limits{})
		if err != nil {
			return
		}
		written, err := order.Append(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		again, err := jsonvalue.Decode(written, jsonvalue.Limits{Bytes: 2 << 20})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(v, again); diff != "" {
			t.Fatalf("read back, want the same (-first +second):\n%s", diff)
		}
		if !strings.Contains(string(data), `\ud`) && !strings.Contains(string(data), `\uD`) { // cut surrogates are replaced
			wantTokens(t, written, data)
		}
	})
}

type fataler interface {
	Helper()
	Fatal(...any)
	Errorf(string, ...any)
}

func decodeObject(t fataler, text []byte) jsonvalue.Object {
	t.Helper()
	var obj jsonvalue.Object
	if err := json.Unmarshal(text, &obj); err != nil {
		t.Fatal(err)
	}
	return obj
}

func wantTokens(t fataler, got, want []byte) {
	t.Helper()
	gotTokens, err := jsonvaluetest.Tokens(got)
	if err != nil {
		t.Fatal(err)
	}
	wantTokens, err := jsonvaluetest.Tokens(want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantTokens, gotTokens); diff != "" {
		t.Errorf("%s was written as %s (-want +got):\n%s", want, got, diff)
	}
}
