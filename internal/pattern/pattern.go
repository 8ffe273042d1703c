// Package pattern compiles the regular expressions that customers store: patterns of callflows, of menus, of lists, of
// modules' data. All of them go through here, so that none can take the processor or the memory of others: their length
// and their compiled size are bounded, and so is what all patterns of one account cost together at one look-up.
//
// The engine is Go's regexp, which is RE2: it takes time in proportion to the text, whatever the pattern. KAZOO's is
// PCRE, which has constructs that RE2 cannot have; [Check] names them and says what to write instead.
package pattern

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// The bounds of one pattern, and of patterns together.
const (
	// MaxBytes is how long a pattern may be: some 180 numbers of ten digits.
	MaxBytes = 2048
	// MaxBeyondASCII is how many of its characters may be beyond ASCII. Views have patterns as keys, whose length the
	// embedded node bounds, and a character can be 18 there.
	MaxBeyondASCII = 64
	// MaxSize is how large a pattern may be compiled, in about the engine's instructions. One for ten digits is about 15.
	MaxSize = 8192
	// MaxTotal is how large the patterns may be together that one look-up tries, whether of an account or of a list.
	// Trying them takes some 10 ms of a processor at the worst.
	MaxTotal = 50_000
	// MaxCost bounds the regular expressions of one document, by their Cost together.
	MaxCost = 256 << 10
	// MaxInput is how long what is matched may be. Numbers are shorter, and nothing longer matches.
	MaxInput = 256
)

// Pattern is a compiled pattern.
type Pattern struct {
	expr *regexp.Regexp
	size int
}

// TooLargeError says of a pattern that it is beyond a bound. What says by how much; what to do depends on the place
// where the pattern stands.
type TooLargeError struct{ What string }

func (e *TooLargeError) Error() string {
	return e.What + ": repeat less, or split it into several patterns"
}

// Compile compiles a pattern within the bounds. Its error says what is wrong with the pattern, in words for an admin.
func Compile(text string) (*Pattern, error) {
	size, err := measure(text)
	if err != nil {
		return nil, err
	}
	expr, err := regexp.Compile(text)
	if err != nil {
		return nil, explain(text, err)
	}
	return &Pattern{expr: expr, size: size}, nil
}

// Check reports what is wrong with a pattern, without compiling it.
func Check(text string) error {
	_, err := measure(text)
	return err
}

// Size is how large text is compiled, 0 if it is no pattern.
func Size(text string) int {
	size, err := measure(text)
	if err != nil {
		return 0
	}
	return size
}

// wide is what a class of Unicode costs, and the end of a range beyond ASCII that is to be folded: parsing goes through
// much of Unicode for each, some 50 µs for the first and up to 10 ms for the second.
const (
	wide   = 1000
	folded = 4 * wide
)

// Cost is about what parsing a pattern takes, whether it is one or not, in bytes of plain text.
func Cost(text string) int {
	folds := foldFlag.MatchString(text)
	cost := len(text)
	for i, c := range text {
		switch {
		case folds && (c >= utf8.RuneSelf || strings.HasPrefix(text[i:], `\x`)):
			cost += folded
		case strings.HasPrefix(text[i:], `\p`), strings.HasPrefix(text[i:], `\P`), strings.HasPrefix(text[i:], "[:^"):
			cost += wide
		}
	}
	return cost
}

// foldFlag finds that case does not count, which makes wide ranges dear.
var foldFlag = regexp.MustCompile(`\(\?[a-zA-Z]*i`)

func measure(text string) (size int, err error) {
	if len(text) > MaxBytes {
		return 0, &TooLargeError{fmt.Sprintf("it is %d bytes long, %d at most", len(text), MaxBytes)}
	}
	if n := beyondASCII(text); n > MaxBeyondASCII {
		return 0, fmt.Errorf("it has %d characters beyond ASCII, %d at most", n, MaxBeyondASCII)
	}
	if Cost(text) > MaxSize {
		return 0, errors.New("it has too many classes of Unicode, or characters beyond ASCII whose case does not count: " +
			"numbers are of 0-9, +, * and #")
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return 0, explain(text, err)
	}
	if size = weigh(parsed) + Cost(text) - len(text); size > MaxSize {
		return 0, &TooLargeError{"it is too large once its repetitions are written out"}
	}
	return size, nil
}

func beyondASCII(text string) (n int) {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			n++
		}
	}
	return n
}

// weigh estimates the instructions that a parsed pattern compiles to; a character class counts by its ranges.
func weigh(re *syntax.Regexp) int {
	const most = 1 << 30
	size := 1
	for _, sub := range re.Sub {
		size = min(size+weigh(sub), most)
	}
	switch re.Op {
	case syntax.OpLiteral:
		size += len(re.Rune)
	case syntax.OpCharClass:
		size += len(re.Rune) / 8
	case syntax.OpCapture:
		size++
	case syntax.OpAlternate:
		size += len(re.Sub)
	case syntax.OpRepeat:
		times := re.Max
		if times < 0 {
			times = re.Min + 1
		}
		size = min(size*max(times, 1), most)
	}
	return size
}

// Match reports whether text matches anywhere in input.
func (p *Pattern) Match(input string) bool {
	return len(input) <= MaxInput && p.expr.MatchString(input)
}

// Submatches gives what the whole pattern and its groups matched, nil if it does not match; as regexp's
// FindStringSubmatch.
func (p *Pattern) Submatches(input string) []string {
	if len(input) > MaxInput {
		return nil
	}
	return p.expr.FindStringSubmatch(input)
}

// Names gives the names of the groups, as regexp's SubexpNames.
func (p *Pattern) Names() []string { return p.expr.SubexpNames() }

// Size is about how many instructions the pattern has.
func (p *Pattern) Size() int { return p.size }
