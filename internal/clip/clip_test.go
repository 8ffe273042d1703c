package clip_test

import (
	"strings"
	"testing"

	"callfn/internal/clip"
)

func TestText(t *testing.T) {
	for _, tc := range []struct {
		text string
		most int
		want string
	}{
		{"", 3, ""},
		{"abc", 3, "abc"},
		{"abcd", 3, "abc…"},
		{"aßcd", 2, "a…"}, // ß has two bytes
		{"😀😀", 5, "😀…"},
		{"\xff\xfeabc", 3, "a…"},
	} {
		if got := clip.Text(tc.text, tc.most); got != tc.want {
			t.Errorf("%q, %d bytes: got %q, want %q", tc.text, tc.most, got, tc.want)
		}
	}
	if got, want := clip.Name(strings.Repeat("n", 65)), strings.Repeat("n", 64)+"…"; got != want {
		t.Errorf("a long name: got %q, want %q", got, want)
	}
	if got, want := clip.Message(strings.Repeat("m", 1001)), strings.Repeat("m", 1000)+"…"; got != want {
		t.Errorf("a long message: got %d bytes, want %d", len(got), len(want))
	}
}
