package callflow

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"callfn/internal/clip"
)

// element is one element of a TwiML document: a verb, or one of its nouns.
type element struct {
	name     string
	attrs    map[string]string
	text     string // of the element itself, trimmed
	elements []element
}

// The bounds of a TwiML document. The guard bounds its bytes.
const (
	mostElements = 500
	mostDepth    = 8
)

// parseTwiML parses a document whose root is <Response> (kzt_twiml:parse_cmds). It knows no entities that the document
// defines, so that none can expand.
func parseTwiML(body []byte) (element, error) {
	d := xml.NewDecoder(bytes.NewReader(body))
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("only UTF-8 is understood") }
	p := twimlParser{decoder: d, left: mostElements}
	for {
		token, err := d.Token()
		if err != nil {
			return element{}, fmt.Errorf("its response is not XML: %w", noEnd(err))
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if start.Name.Local != "Response" {
			return element{}, fmt.Errorf("its response begins with <%s> instead of <Response>",
				clip.Text(start.Name.Local, 40))
		}
		return p.element(start, 1)
	}
}

type twimlParser struct {
	decoder *xml.Decoder
	left    int
}

func (p *twimlParser) element(start xml.StartElement, depth int) (element, error) {
	if p.left--; p.left < 0 || depth > mostDepth {
		return element{}, fmt.Errorf("its response has more than %d elements, or they are nested deeper than %d",
			mostElements, mostDepth)
	}
	e := element{name: start.Name.Local, attrs: map[string]string{}}
	for _, a := range start.Attr {
		e.attrs[a.Name.Local] = a.Value
	}
	var words strings.Builder
	for {
		token, err := p.decoder.Token()
		if err != nil {
			return element{}, fmt.Errorf("its response is not XML: %w", noEnd(err))
		}
		switch token := token.(type) {
		case xml.StartElement:
			child, err := p.element(token, depth+1)
			if err != nil {
				return element{}, err
			}
			e.elements = append(e.elements, child)
		case xml.CharData:
			words.Write(token)
		case xml.EndElement:
			e.text = strings.Join(strings.Fields(words.String()), " ")
			return e, nil
		}
	}
}

// noEnd returns the error for a document that ends too early.
func noEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("it ends too early")
	}
	return err
}

// int reads an attribute as a whole number within bounds.
func (e element) int(name string, otherwise, least, most int) int {
	n, err := strconv.Atoi(strings.TrimSpace(e.attrs[name]))
	if err != nil {
		return otherwise
	}
	return min(max(n, least), most)
}
