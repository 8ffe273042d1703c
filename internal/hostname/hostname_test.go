package hostname_test

import (
	"errors"
	"strings"
	"testing"

	"callfn/internal/hostname"
)

func TestClean(t *testing.T) {
	for host, want := range map[string]string{
		"API.Example.com": "api.example.com", "example.com.": "example.com", "bücher.example": "xn--bcher-kva.example",
		"127.0.0.1": "127.0.0.1", "[::1]": "::1", "::ffff:10.0.0.1": "10.0.0.1", "2001:DB8::0:1": "2001:db8::1",
		"my_crm": "my_crm", "localhost": "localhost",
	} {
		if got, err := hostname.Clean(host); got != want || err != nil {
			t.Errorf("Clean(%q): got %q, %v, want %q", host, got, err, want)
		}
	}
	for _, host := range []string{
		"", ".", "a..b", "-a.example", "a b", "a/b", "a@b", "[a]", "[::1", "a:80", "fe80::1%eth0", "*.example.com",
		"a\x00b", "a\r\nb", strings.Repeat("a", 64), strings.Repeat("a.", 200) + "a", strings.Repeat("x", 10_000),
	} {
		if got, err := hostname.Clean(host); !errors.Is(err, hostname.ErrMalformed) {
			t.Errorf("Clean(%.40q): got %q, %v, want ErrMalformed", host, got, err)
		}
	}
}

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		pattern, host, port string
		want                bool
	}{
		{"api.example.com", "api.example.com", "443", true},
		{"API.example.com", "api.example.com", "8443", true},
		{"api.example.com:8443", "api.example.com", "8443", true},
		{"api.example.com:8443", "api.example.com", "443", false},
		{"api.example.com", "xapi.example.com", "443", false},
		{"api.example.com", "api.example.com.evil.example", "443", false},
		{"*.example.com", "api.example.com", "443", true},
		{"*.example.com", "a.b.example.com", "443", true},
		{"*.example.com", "example.com", "443", false},
		{"*.example.com", "notexample.com", "443", false},
		{"*.example.com", ".example.com", "443", false},
		{"*.example.co.uk", "a.example.co.uk", "443", true},
		{"*.example.com:444", "a.example.com", "443", false},
		{"10.1.2.3", "10.1.2.3", "80", true},
		{"10.1.2.3:8080", "10.1.2.3", "80", false},
		{"::1", "::1", "80", true},
		{"[::1]:8080", "::1", "8080", true},
	} {
		p, err := hostname.Parse(c.pattern)
		if err != nil {
			t.Errorf("Parse(%q): got %v, want no error", c.pattern, err)
			continue
		}
		if got := p.Matches(c.host, c.port); got != c.want {
			t.Errorf("%s and %s:%s: got %v, want %v", c.pattern, c.host, c.port, got, c.want)
		}
		again, err := hostname.Parse(p.String())
		if err != nil || again != p {
			t.Errorf("%s: read again from %q got %v, %v, want the same", c.pattern, p, again, err)
		}
	}
	for _, c := range []struct {
		pattern string
		want    error
	}{
		{"*", hostname.ErrMalformed},
		{"*.com", hostname.ErrTooWide},
		{"*.co.uk", hostname.ErrTooWide},
		{"*.github.io", hostname.ErrTooWide},
		{"*.corp", hostname.ErrTooWide},
		{"*.*.example.com", hostname.ErrMalformed},
		{"a.*.com", hostname.ErrMalformed},
		{"*.10.1.2.3", hostname.ErrMalformed},
		{"https://api.example.com", hostname.ErrMalformed},
		{"api.example.com/path", hostname.ErrMalformed},
		{"user@api.example.com", hostname.ErrMalformed},
		{"api.example.com:", hostname.ErrMalformed},
		{"api.example.com:0", hostname.ErrMalformed},
		{"api.example.com:65536", hostname.ErrMalformed},
		{"", hostname.ErrMalformed},
		{"*.", hostname.ErrMalformed},
	} {
		if p, err := hostname.Parse(c.pattern); !errors.Is(err, c.want) {
			t.Errorf("Parse(%q): got %v, %v, want %v", c.pattern, p, err, c.want)
		}
	}
	if (hostname.Pattern{}).Matches("", "") {
		t.Error("the zero pattern: got a match, want none")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"*.example.com:443", "[::1]:80", "bücher.example", "10.0.0.1", "::ffff:1.2.3.4"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := hostname.Parse(text)
		if err != nil {
			return
		}
		again, err := hostname.Parse(p.String())
		if err != nil || again != p {
			t.Errorf("%q as %q: got %v, %v, want the same pattern", text, p, again, err)
		}
	})
}
