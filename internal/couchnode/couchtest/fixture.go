package couchtest

import (
	"bufio"
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A case file holds cases like this one:
//
//	== a document can be read back
//	> PUT /{db}/a
//	> {"x":1}
//	< 201
//	< {"ok":true,"id":"a","rev":"<rev:first>"}
//	> GET /{db}/a?rev={first}
//	< 200
//	< ETag: "{first}"
//	< {"_id":"a","x":1,"_deleted":"<absent>"}
//
// Lines beginning with > are a request: method and path, headers, body. A body is sent as application/json unless a
// Content-Type is given. Lines beginning with < are what is wanted: status, headers, JSON. {name} stands for what an
// earlier answer captured; {db} is a database of the case's own, made before and removed after it (a case whose name
// ends in !nodb makes it itself). # begins a comment.
//
// Wanted objects may have more members than are listed, arrays must have exactly the elements that are listed (in any
// order if the first is "<set>"). Wanted strings in angle brackets stand for more than themselves: <any>, <absent>,
// <string>, <number>, <rev>, <rev:name>, <any:name> (captured under that name), <re:expression>.
//
// "< lines" wants one JSON value per line, empty lines ignored; "< text …" wants exactly that text, quoted as in Go;
// "< ends …" wants a text that ends like that.
type Case struct {
	Name      string
	MakesDB   bool // {db} is not made beforehand
	Exchanges []Exchange
}

// Exchange is one request and the wanted answer.
type Exchange struct {
	Line         int
	Method, Path string
	Header       []Field
	Body         string
	Status       int
	WantHeader   []Field
	WantText     *string
	WantEnd      string
	WantLines    bool
	Want         string // JSON; with WantLines one value per line
}

// Field is a header field.
type Field struct{ Name, Value string }

var headerLine = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9-]*): ?(.*)$`)

// Parse reads a case file.
func Parse(text []byte) ([]Case, error) {
	var cases []Case
	var ex *Exchange
	answering := false
	sc := bufio.NewScanner(bytes.NewReader(text))
	sc.Buffer(nil, 1<<20)
	for n := 1; sc.Scan(); n++ {
		line := sc.Text()
		switch {
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
			continue
		case strings.HasPrefix(line, "== "):
			name, makes := strings.CutSuffix(strings.TrimSpace(line[3:]), " !nodb")
			cases = append(cases, Case{Name: name, MakesDB: makes})
			ex = nil
			continue
		case len(cases) == 0:
			return nil, fmt.Errorf("line %d: outside of a case", n)
		}
		c := &cases[len(cases)-1]
		mark, rest := line[:1], strings.TrimPrefix(line[1:], " ")
		switch {
		case mark == ">" && (ex == nil || answering):
			method, path, ok := strings.Cut(rest, " ")
			if !ok {
				return nil, fmt.Errorf("line %d: want a method and a path", n)
			}
			c.Exchanges = append(c.Exchanges, Exchange{Line: n, Method: method, Path: path})
			ex, answering = &c.Exchanges[len(c.Exchanges)-1], false
		case mark == ">":
			if m := headerLine.FindStringSubmatch(rest); m != nil && ex.Body == "" {
				ex.Header = append(ex.Header, Field{m[1], m[2]})
			} else {
				ex.Body = joinLine(ex.Body, rest)
			}
		case mark == "<" && ex != nil && !answering:
			status, err := strconv.Atoi(rest)
			if err != nil {
				return nil, fmt.Errorf("line %d: want a status", n)
			}
			ex.Status, answering = status, true
		case mark == "<" && ex != nil:
			if err := ex.want(rest); err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
		default:
			return nil, fmt.Errorf("line %d: neither request nor answer: %s", n, line)
		}
	}
	return cases, sc.Err()
}

func (ex *Exchange) want(rest string) error {
	if quoted, ok := strings.CutPrefix(rest, "text "); ok {
		text, err := strconv.Unquote(quoted)
		ex.WantText = &text
		return err
	}
	if quoted, ok := strings.CutPrefix(rest, "ends "); ok {
		text, err := strconv.Unquote(quoted)
		ex.WantEnd = text
		return err
	}
	if rest == "lines" {
		ex.WantLines = true
		return nil
	}
	if m := headerLine.FindStringSubmatch(rest); m != nil && ex.Want == "" {
		ex.WantHeader = append(ex.WantHeader, Field{m[1], m[2]})
		return nil
	}
	ex.Want = joinLine(ex.Want, rest)
	return nil
}

func joinLine(text, line string) string {
	if text == "" {
		return line
	}
	return text + "\n" + line
}
