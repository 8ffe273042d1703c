package printable_test

import (
	"testing"

	"callfn/internal/printable"
)

func TestFold(t *testing.T) {
	for _, c := range []struct {
		columns    int
		text, want string
	}{
		{0, "a very long line that is not folded at all", "a very long line that is not folded at all"},
		{20, "short\nand short\n", "short\nand short\n"},
		{20, "  one two three four five", "  one two three four\n    five"},
		{20, "an id: 0123456789abcdef0123456789abcdef and more", "an id:\n  0123456789abcdef0123456789abcdef\n  and more"},
		{20, "a    b              c", "a    b\n  c"},
		{20, "\x1b[31mred words\x1b[0m that fit", "\x1b[31mred words\x1b[0m that fit"},
		{20, "日本語日本語 日本語日本語", "日本語日本語\n  日本語日本語"},
		{40, "                                       deep words", "                                       deep\n           " +
			"         words"},
	} {
		if got := printable.Fold(c.text, c.columns); got != c.want {
			t.Errorf("Fold(%q, %d) = %q, want %q", c.text, c.columns, got, c.want)
		}
	}
}
