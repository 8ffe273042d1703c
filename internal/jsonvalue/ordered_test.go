package jsonvalue

import (
	"reflect"
	"strings"
	"testing"
)

// FuzzDecodeOrdered checks that one pass gives the same values and errors as two.
func FuzzDecodeOrdered(f *testing.F) {
	for _, seed := range []string{
		`{"module":"tts","data":{"text":"é\n\u00e9 \ud83d\ude00"},"children":{"_":{"data":{},"module":"x"},"a":[1,{"b":2}]}}`,
		`{"b":1,"a":[{},{"d":{},"c":{"y":1,"x":2}},[],[[{"k":0}]]]}`, ` [ 1 , -0 , 1.5e+3 , true , false , null , "" ] `,
		`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `"\ud800"`, `{"\ud800":1}`, `{"a":1}x`, `{"a" 1}`, `{"a":}`, `{,}`,
		`[1,]`, `[`, `{"a":01}`, `1e999`, `1e500`, `-`, `"a` + "\n" + `"`, `"\q"`, `"\u12"`, "\xef\xbb\xbf1", "\xff",
		``, `tru`, `nul`, "\x00", `1` + "\x00", strings.Repeat("[", 12) + strings.Repeat("]", 12),
		strings.Repeat(`{"a":`, 9) + "1" + strings.Repeat("}", 9),
		`[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21]`, `"` + strings.Repeat("x", 300) + `"`,
	} {
		f.Add([]byte(seed))
	}
	limits := Limits{Bytes: 250, Depth: 8, Values: 20}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, order, err := DecodeOrdered(data, limits)
		want, wantErr := Decode(data, limits)
		if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
			t.Fatalf("%q: got error %v, want %v", data, err, wantErr)
		}
		if !reflect.DeepEqual(v, want) {
			t.Fatalf("%q: got %#v, want %#v", data, v, want)
		}
		if err == nil && !reflect.DeepEqual(order, OrderOf(data)) {
			t.Fatalf("%q: got order %#v, want %#v", data, order, OrderOf(data))
		}
	})
}

func BenchmarkDecodeOrdered(b *testing.B) {
	data := []byte(`{"module":"tts","data":{"text":"Thanks for calling us, Alice"},` +
		`"children":{"_":{"module":"hangup","data":{}}}}`)
	b.Run("one pass", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := DecodeOrdered(data, Limits{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("two passes", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Decode(data, Limits{}); err != nil {
				b.Fatal(err)
			}
			OrderOf(data)
		}
	})
}
