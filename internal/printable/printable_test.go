package printable_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"callfn/internal/printable"
)

func TestText(t *testing.T) {
	for given, want := range map[string]string{
		"": "",
		"Opening hours, Straße 👨\u200d👩\u200d👧": "Opening hours, Straße 👨\u200d👩\u200d👧",
		"क्\u200dष fa\u200cfa":                  "क्\u200dष fa\u200cfa",
		"\x1b[2J\x1b]0;owned\a":                 `\u{1B}[2J\u{1B}]0;owned\u{7}`,
		"a\nb\tc\rd":                            `a\u{A}b\u{9}c\u{D}d`,
		"\u009b31m":                             `\u{9B}31m`,
		"\u202egnp.exe\u2066":                   `\u{202E}gnp.exe\u{2066}`,
		"\u200e\u061c\ufeff\u2028x":             `\u{200E}\u{61C}\u{FEFF}\u{2028}x`,
		"Gr\xfc\xdfe":                           `Gr\xFC\xDFe`,
		"\x7f\x00":                              `\u{7F}\u{0}`,
		"\U000E0041":                            `\u{E0041}`,
		"�":                                     "�",
		`C:\new`:                                `C:\new`,
	} {
		if got := printable.Text(given); got != want {
			t.Errorf("Text(%q) = %q, want %q", given, got, want)
		}
	}
}

func TestWriter(t *testing.T) {
	var b bytes.Buffer
	w := printable.NewWriter(&b)
	if n, err := w.Write([]byte("one\n\ttwo\x1b[2J\r\n")); n != 14 || err != nil {
		t.Errorf("Write: got %d, %v, want 14, nil", n, err)
	}
	type name string
	_, err := printable.Fprintf(w, "%s %v %d %v %s\n", "a\nb", errors.New("c\nd"), 7, []string{"e\nf"}, name("g\x1b"))
	if want := "one\n\ttwo\\u{1B}[2J\\u{D}\na\\u{A}b c\\u{A}d 7 [e\\u{A}f] g\\u{1B}\n"; err != nil || b.String() != want {
		t.Errorf("got %q, %v, want %q", b.String(), err, want)
	}
}

func TestJSONStaysTheSame(t *testing.T) {
	given := []byte("{\"a\":\"\u009b2J \u202e ü \U000E0041 \x7f\"}")
	shown := printable.JSON(given)
	if want := `{"a":"\u009b2J \u202e ü \udb40\udc41 \u007f"}`; string(shown) != want {
		t.Errorf("got %s, want %s", shown, want)
	}
	var a, b any
	if err := errors.Join(json.Unmarshal(given, &a), json.Unmarshal(shown, &b)); err != nil {
		t.Fatal(err)
	}
	if a.(map[string]any)["a"] != b.(map[string]any)["a"] {
		t.Errorf("got %q, want %q", b, a)
	}
}
