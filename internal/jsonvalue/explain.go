package jsonvalue

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fault describes a refusal to the author of the text: where it is in their text, and what to write instead.
type Fault struct {
	Path         string // of the member or element, in the form of [Path]; "" is the top
	Line, Column int    // from 1; columns are characters
	Source       string // the part of the line around the column
	Reason       string // the JSON reader's message
	Hint         string // what to write instead; "" if unknown
}

// Explain finds the place of an error that [Decode] returned for data.
func Explain(data []byte, err *Error) Fault {
	offset := min(max(int(err.Offset), 0), len(data))
	before := string(data[:offset])
	line := strings.Count(before, "\n")
	begin := strings.LastIndexByte(before, '\n') + 1
	f := Fault{
		Path: shorten(err.Path), Line: line + 1, Column: utf8.RuneCountInString(before[begin:]) + 1, Reason: err.Reason,
		Source: around(data, begin, offset),
	}
	if err.TooLarge || !err.syntax {
		return f
	}
	p := placeOf(data, offset)
	if path := Path(p.path()...); path != "" {
		f.Path = shorten(path)
	}
	f.Hint = p.hint(string(data[offset:]), err.Reason)
	return f
}

// String returns the fault in one line: "data.function_js, line 3, column 27: a \" inside a text is written \\\"
// (invalid character …)".
func (f Fault) String() string {
	place := "line " + strconv.Itoa(f.Line) + ", column " + strconv.Itoa(f.Column) + ": "
	if f.Path != "" {
		place = f.Path + ", " + place
	}
	if f.Hint == "" {
		return place + f.Reason
	}
	return place + f.Hint + " (" + f.Reason + ")"
}

// around returns the part of a line around an offset.
func around(data []byte, begin, offset int) string {
	const most = 40 // characters on each side
	left := []rune(string(data[begin:offset]))
	rest, _, _ := strings.Cut(string(data[offset:min(len(data), offset+8*most)]), "\n")
	right := []rune(strings.TrimRight(rest, "\r"))
	var text strings.Builder
	if len(left) > most {
		left = left[len(left)-most:]
		text.WriteString("…")
	}
	text.WriteString(string(left))
	if len(right) > most {
		text.WriteString(string(right[:most]) + "…")
	} else {
		text.WriteString(string(right))
	}
	return strings.ToValidUTF8(text.String(), "\ufffd")
}

// place describes what stands before an offset in a broken text.
type place struct {
	levels   []level
	inText   bool // the offset is inside a string
	isName   bool // that string, or the last complete one, is a member's name
	ended    bool // the last token is a string
	adjacent bool // … which ends right before the offset
	complete bool // the last token completes a value
	comma    bool // the last token is a comma
}

// level is an open object or array.
type level struct {
	array    bool
	index    int
	name     string
	wantName bool
}

func placeOf(data []byte, offset int) *place {
	p := &place{}
	for i := 0; i < offset; {
		c := data[i]
		switch {
		case c == '"':
			i = p.text(data, i, offset)
			continue
		case c == ' ', c == '\n', c == '\r', c == '\t':
			p.adjacent = false
		default:
			p.sign(c)
		}
		i++
	}
	return p
}

func (p *place) top() *level {
	if len(p.levels) == 0 {
		return &level{}
	}
	return &p.levels[len(p.levels)-1]
}

func (p *place) sign(c byte) {
	p.ended, p.adjacent, p.comma, p.complete = false, false, false, false
	switch top := p.top(); c {
	case '{', '[':
		p.levels = append(p.levels, level{array: c == '[', wantName: c == '{'})
	case '}', ']':
		if len(p.levels) > 0 {
			p.levels = p.levels[:len(p.levels)-1]
		}
		p.complete = true
	case ',':
		p.comma = true
		if top.array {
			top.index++
		} else {
			top.wantName = true
		}
	case ':':
	default:
		p.complete = true // a letter of true, a digit
	}
}

// text reads the string that begins at i and returns the offset after it.
func (p *place) text(data []byte, i, offset int) int {
	p.isName = p.top().wantName
	p.ended, p.comma, p.complete = false, false, false
	for at := i + 1; ; at++ {
		if at >= offset {
			p.inText = true
			return offset
		}
		switch data[at] {
		case '\\':
			at++ // skips the escaped character
		case '"':
			p.ended, p.adjacent = true, true
			if top := p.top(); p.isName {
				top.name, top.wantName = string(data[i+1:at]), false
			} else {
				p.complete = true
			}
			return at + 1
		}
	}
}

func (p *place) path() []string {
	var path []string
	for _, l := range p.levels {
		switch {
		case l.array:
			path = append(path, index(l.index))
		case !l.wantName:
			path = append(path, l.name)
		}
	}
	return path
}

const (
	quoteHint = "a \" inside a text is written \\\""
	commaHint = "a comma is missing before this"
	nameHint  = "names of members stand in double quotes, as in \"name\""
	slashHint = "a backslash inside a text is written \\\\, as in \\\\d"
)

// hint returns what to write instead of the text at the place, or "" if that is unknown.
func (p *place) hint(rest, reason string) string {
	c, _ := utf8.DecodeRuneInString(rest)
	switch {
	case p.inText:
		return p.textHint(rest, c, reason)
	case rest == "":
		return "the end is missing: every { needs its }, every [ its ]"
	case strings.ContainsRune("“”„‟″‘’‚‹›«»", c):
		return string(c) + " is a typographic quote: JSON wants the plain \""
	case c == '/' || c == '#':
		return "JSON has no comments"
	case p.ended:
		return p.afterText(c)
	case len(p.levels) == 0 && p.complete:
		return "there is one value only: nothing may follow its end"
	case p.complete && strings.ContainsRune("\"{[", c):
		return commaHint
	case p.complete && strings.ContainsRune("}]", c):
		return "a { is closed with }, a [ with ]"
	case p.comma && strings.ContainsRune("}]", c):
		return "the comma before " + string(c) + " is one too many"
	case c == '\'' || c == '`':
		return "texts and names stand in double quotes, as in \"name\""
	case p.top().wantName:
		return nameHint
	case !p.complete && unicode.IsLetter(c):
		return "a text stands in double quotes; true, false and null are written just so"
	}
	return ""
}

// afterText is hint right behind a string, which may have ended where it was not meant to.
func (p *place) afterText(c rune) string {
	switch {
	case p.isName && (!p.adjacent || strings.ContainsRune("\"{[,}", c)):
		return "a : stands between a name and its value"
	case strings.ContainsRune("}]", c):
		return "a { is closed with }, a [ with ]"
	case c == '"' && p.adjacent:
		return commaHint + ", or " + quoteHint
	case strings.ContainsRune("\"{[", c):
		return commaHint
	}
	return quoteHint
}

// textHint is hint inside of a string.
func (p *place) textHint(rest string, c rune, reason string) string {
	switch {
	case rest == "":
		return "the \" that ends a text is missing"
	case strings.Contains(reason, "escape"):
		return slashHint
	case c == '\n' || c == '\r':
		return "a line break inside a text is written \\n"
	case c == '\t':
		return "a tab inside a text is written \\t"
	case c < ' ':
		return "this control character is written \\u" + strconv.FormatInt(0x10000+int64(c), 16)[1:]
	}
	return ""
}
