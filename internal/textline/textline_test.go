package textline_test

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"

	"callfn/internal/textline"
)

func TestRead(t *testing.T) {
	long := strings.Repeat("x", 40) // longer than bufio's smallest buffer
	for name, c := range map[string]struct {
		text string
		want []string
		last error // after them
	}{
		"nothing":               {"", nil, io.EOF},
		"lines":                 {"a\n\nb\r\n", []string{"a\n", "\n", "b\r\n"}, io.EOF},
		"longer than a buffer":  {long + "\n", []string{long + "\n"}, io.EOF},
		"as long as may be":     {strings.Repeat("y", 49) + "\n", []string{strings.Repeat("y", 49) + "\n"}, io.EOF},
		"too long":              {"a\n" + strings.Repeat("y", 50) + "\n", []string{"a\n"}, &textline.TooLongError{Most: 50}},
		"too long without end":  {strings.Repeat("y", 1000), nil, &textline.TooLongError{Most: 50}},
		"cut off":               {"a\nb", []string{"a\n"}, io.EOF},
		"cut off in the middle": {long, nil, io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			r := bufio.NewReaderSize(strings.NewReader(c.text), 16)
			for _, want := range c.want {
				if got, err := textline.Read(r, 50); err != nil || string(got) != want {
					t.Fatalf("%q %v, want %q", got, err, want)
				}
			}
			_, err := textline.Read(r, 50)
			if tooLong := new(textline.TooLongError); errors.As(c.last, &tooLong) {
				if !errors.As(err, &tooLong) || tooLong.Most != 50 {
					t.Errorf("%v, want %v", err, c.last)
				}
			} else if !errors.Is(err, c.last) {
				t.Errorf("%v, want %v", err, c.last)
			}
		})
	}
}
