package datetime

import (
	"math"
	"strings"
)

// Parse reads a date as Date.parse does. It tries the format of ECMA-262 first, then those of Date's own texts and
// similar ones ("Mar 8, 2026 9:00", "3/8/2026 9:00 AM EST"). It accepts what QuickJS accepts. A text without an offset
// is local time in the zone, except a date alone in the format of ECMA-262, which is UTC. It returns NaN if the text is
// no date.
func (z Zone) Parse(text string) float64 {
	p := parser{text: simplify(text)}
	d, ok := p.iso()
	if !ok {
		p.pos = 0
		d, ok = p.other()
	}
	if !ok || !d.valid() {
		return math.NaN()
	}
	ms := d.fields().Join()
	if d.local {
		return z.Time(ms)
	}
	return Clip(ms - float64(d.offset*60000))
}

// simplify makes one byte of each character: the minus sign becomes a hyphen, and characters that no date has become
// "x".
func simplify(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '−':
			return '-'
		case r == 0 || r >= 0x80:
			return 'x'
		}
		return r
	}, text)
}

// date is a date that was read from a text. Months are from 0.
type date struct {
	year, month, day, hour, minute, second, ms int
	offset                                     int // minutes east of UTC, if local is false
	local                                      bool
}

func (d date) fields() Fields {
	return Fields{
		float64(d.year), float64(d.month), float64(d.day),
		float64(d.hour), float64(d.minute), float64(d.second), float64(d.ms),
	}
}

// valid reports whether each field is in its range. The hour 24 is the end of the day.
func (d date) valid() bool {
	return d.month <= 11 && d.day <= 31 && d.hour <= 24 && d.minute <= 59 && d.second <= 59 &&
		(d.hour < 24 || d.minute == 0 && d.second == 0 && d.ms == 0)
}

// iso reads "2026-03-08T09:00:00.000Z" and its shorter forms.
func (p *parser) iso() (d date, ok bool) {
	d.day = 1
	if sign := p.peek(); sign == '-' || sign == '+' {
		p.pos++
		if d.year, ok = p.digits(6, 6); !ok || sign == '-' && d.year == 0 {
			return d, false
		}
		if sign == '-' {
			d.year = -d.year
		}
	} else if d.year, ok = p.digits(4, 4); !ok {
		return d, false
	}
	if p.skip('-') {
		if d.month, ok = p.digits(2, 2); !ok || d.month < 1 {
			return d, false
		}
		d.month--
		if p.skip('-') {
			if d.day, ok = p.digits(2, 2); !ok || d.day < 1 {
				return d, false
			}
		}
	}
	if p.skip('T') {
		d.local = true
		if !p.isoTime(&d) {
			return d, false
		}
	}
	if p.peek() != 0 {
		d.local = false
		if d.offset, ok = p.offset(true); !ok {
			return d, false
		}
	}
	return d, p.peek() == 0
}

func (p *parser) isoTime(d *date) (ok bool) {
	if d.hour, ok = p.digits(2, 2); !ok || !p.skip(':') {
		d.hour = 100 // other formats do not have such a T either
		p.pos = len(p.text)
		return true
	}
	if d.minute, ok = p.digits(2, 2); !ok {
		d.hour = 100
		p.pos = len(p.text)
		return true
	}
	if p.skip(':') {
		if d.second, ok = p.digits(2, 2); !ok {
			return false
		}
		d.ms = p.fraction()
	}
	return true
}

// other reads dates in the formats of toString, toUTCString and many more: words and numbers in nearly any order.
func (p *parser) other() (date, bool) {
	s := scan{date: date{year: 2001, month: 1, day: 1, local: true}} // months are from 1 here
	for p.skipSpaces() != 0 {
		s.signNext = false
		if !p.part(&s) {
			return date{}, false
		}
		for !s.signNext && strings.IndexByte("-/.,", p.peek()) >= 0 {
			p.pos++
		}
	}
	return s.finish()
}

// scan is what has been read of a date so far.
type scan struct {
	date
	hasYear, hasMonth, hasTime bool
	numbers                    []int // that may be day, month or year
	signNext                   bool  // a following hyphen is a minus sign, not a separator, as in "GMT-0700"
}

// part reads one number, time, word or phrase in parentheses.
func (p *parser) part(s *scan) bool {
	start := p.pos
	c := p.peek()
	if c == '+' || c == '-' {
		return p.signed(s, c)
	}
	if n, ok := p.digits(1, 0); ok {
		if p.skip(':') {
			return p.time(s, n)
		}
		switch {
		case p.pos-start > 2 && !s.hasYear:
			s.year, s.hasYear = n, true
		case (n < 1 || n > 31) && !s.hasYear:
			s.year, s.hasYear = shortYear(n), true
		case len(s.numbers) == 3:
			return false
		default:
			s.numbers = append(s.numbers, n)
		}
		return true
	}
	if m := p.month(); m > 0 {
		s.month, s.hasMonth = m, true
		p.skipUntil("0123456789 -/(")
		return true
	}
	s.signNext = true
	switch {
	case s.hasTime && p.match("PM"):
		if s.hour < 12 {
			s.hour += 12
		}
	case s.hasTime && p.match("AM"):
		if s.hour == 12 {
			s.hour = 0
		}
	case p.abbreviation(s):
	default:
		s.signNext = false
		return p.word(s, c)
	}
	return true
}

// word skips text without meaning: a phrase in parentheses and, before anything else, a word such as a weekday's name.
func (p *parser) word(s *scan, c byte) bool {
	switch {
	case c == '(':
		return p.skipParentheses()
	case c == ')', s.hasYear, s.hasMonth, s.hasTime, len(s.numbers) > 0:
		return false
	}
	p.skipUntil(" -/(")
	return true
}

// signed reads an offset after a time, else a year.
func (p *parser) signed(s *scan, sign byte) bool {
	if s.hasTime {
		if offset, ok := p.offset(false); ok {
			s.offset, s.local = offset, false
			return true
		}
	}
	p.pos++
	n, ok := p.digits(1, 0)
	if !ok {
		return true
	}
	if sign == '-' {
		if n == 0 {
			return false
		}
		n = -n
	}
	s.year, s.hasYear = n, true
	return true
}

// time reads what follows the hour and its colon.
func (p *parser) time(s *scan, hour int) (ok bool) {
	s.hour = hour
	if s.minute, ok = p.digits(1, 2); !ok {
		return false
	}
	if p.skip(':') {
		if s.second, ok = p.digits(1, 2); !ok {
			return false
		}
		s.ms = p.fraction()
	}
	s.hasTime = true
	if c := p.peek(); c == '+' || c == '-' {
		if offset, ok := p.offset(false); ok {
			s.offset, s.local = offset, false
		}
	}
	return true
}

// finish decides which number is month, day and year: in this order, as in the United States.
func (s *scan) finish() (date, bool) {
	n := s.numbers
	known := 0
	for _, has := range []bool{s.hasYear, s.hasMonth} {
		if has {
			known++
		}
	}
	if known+len(n) > 3 {
		return date{}, false
	}
	switch {
	case len(n) == 0:
		if !s.hasYear {
			return date{}, false
		}
	case len(n) == 1 && s.hasMonth:
		s.day = n[0]
	case len(n) == 1:
		s.month = n[0]
	case len(n) == 2 && s.hasMonth && !s.hasYear:
		s.year, s.day = shortYear(n[1]), n[0]
	case len(n) == 2:
		s.month, s.day = n[0], n[1]
	default:
		s.year, s.month, s.day = shortYear(n[2]), n[0], n[1]
	}
	if s.month < 1 || s.day < 1 {
		return date{}, false
	}
	s.month--
	return s.date, true
}

// shortYear reads years of two digits: 49 is 2049, 50 is 1950.
func shortYear(n int) int {
	switch {
	case n < 50:
		return n + 2000
	case n < 100:
		return n + 1900
	}
	return n
}
