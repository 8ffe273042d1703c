package datetime

import "strings"

// parser reads a text of ASCII without zero bytes. peek returns 0 at its end.
type parser struct {
	text string
	pos  int
}

func (p *parser) peek() byte {
	if p.pos >= len(p.text) {
		return 0
	}
	return p.text[p.pos]
}

func (p *parser) skip(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.pos++
	return true
}

// skipSpaces skips spaces and returns the next byte.
func (p *parser) skipSpaces() byte {
	for p.skip(' ') {
	}
	return p.peek()
}

// skipUntil stops at the end and at each of the stops.
func (p *parser) skipUntil(stops string) {
	if n := strings.IndexAny(p.text[p.pos:], stops); n >= 0 {
		p.pos += n
		return
	}
	p.pos = len(p.text)
}

// digits reads a number of least to most digits. A most of 0 means nine; a longer number is invalid.
func (p *parser) digits(least, most int) (n int, ok bool) {
	i := p.pos
	for ; i < len(p.text) && p.text[i] >= '0' && p.text[i] <= '9' && (most == 0 || i-p.pos < most); i++ {
		if n >= 100000000 {
			return 0, false
		}
		n = n*10 + int(p.text[i]-'0')
	}
	if i-p.pos < least {
		return 0, false
	}
	p.pos = i
	return n, true
}

// fraction reads a fraction of a second, if there is one, and returns whole milliseconds.
func (p *parser) fraction() int {
	if c := p.peek(); c != '.' && c != ',' {
		return 0
	}
	ms, unit, i := 0, 100, p.pos+1
	for ; i < len(p.text) && p.text[i] >= '0' && p.text[i] <= '9' && i-p.pos <= 9; i++ {
		ms += int(p.text[i]-'0') * unit
		unit /= 10
	}
	if i > p.pos+1 {
		p.pos = i
	}
	return ms
}

// offset reads "Z", "+HH:mm" or "+HHmm"; unless strict, "+H" and "+HH" too. It returns minutes east of UTC.
func (p *parser) offset(strict bool) (minutes int, ok bool) {
	start := p.pos
	defer func() {
		if !ok {
			p.pos = start
		}
	}()
	sign := p.peek()
	p.pos++
	if sign == 'Z' {
		return 0, true
	}
	if sign != '+' && sign != '-' {
		return 0, false
	}
	from := p.pos
	h, ok := p.digits(1, 0)
	n := p.pos - from
	if !ok || strict && n != 2 && n != 4 {
		return 0, false
	}
	for ; n > 4; n -= 2 {
		h /= 100
	}
	m := 0
	switch {
	case n > 2:
		h, m = h/100, h%100
	case p.skip(':'):
		if m, ok = p.digits(2, 2); !ok {
			return 0, false
		}
	case strict:
		return 0, false
	}
	if h > 23 || m > 59 {
		return 0, false
	}
	if sign == '-' {
		return -(h*60 + m), true
	}
	return h*60 + m, true
}

// match skips a word, regardless of case.
func (p *parser) match(word string) bool {
	if len(p.text)-p.pos < len(word) || !strings.EqualFold(p.text[p.pos:p.pos+len(word)], word) {
		return false
	}
	p.pos += len(word)
	return true
}

// month reads the first three letters of a month and returns its number from 1, or 0.
func (p *parser) month() int {
	for i := range 12 {
		if p.match(monthNames[i]) {
			return i + 1
		}
	}
	return 0
}

// abbreviations are the names of offsets that JavaScript engines read, in hours. The first match counts.
var abbreviations = []struct {
	name  string
	hours int
}{
	{"GMT", 0},
	{"UTC", 0},
	{"UT", 0},
	{"Z", 0},
	{"EDT", -4},
	{"EST", -5},
	{"CDT", -5},
	{"CST", -6},
	{"MDT", -6},
	{"MST", -7},
	{"PDT", -7},
	{"PST", -8},
	{"WET", 0},
	{"WEST", 1},
	{"CET", 1},
	{"CEST", 2},
	{"EET", 2},
	{"EEST", 3},
}

func (p *parser) abbreviation(s *scan) bool {
	for _, a := range abbreviations {
		if p.match(a.name) {
			s.offset, s.local = a.hours*60, false
			return true
		}
	}
	return false
}

// skipParentheses skips a phrase in parentheses, with nested ones.
func (p *parser) skipParentheses() bool {
	level := 0
	for ; p.pos < len(p.text); p.pos++ {
		switch p.text[p.pos] {
		case '(':
			level++
		case ')':
			level--
		}
		if level == 0 {
			p.pos++
			return true
		}
	}
	return false
}
