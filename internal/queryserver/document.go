package queryserver

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"callfn/internal/bindings"
	"callfn/internal/function/lint"
	"callfn/internal/runs"
	"callfn/internal/sourceline"
	"callfn/internal/strictjson"
)

// compacted checks that text is JSON and takes the white space out: what package strictjson goes through. It is read
// once, however long it is. CouchDB's documents may name a member twice, nest deeply and have half a surrogate: what is
// strange is left to a slower reader.
func compacted(text []byte) ([]byte, error) {
	compact, err := strictjson.Compact(make([]byte, 0, len(text)), text, strictjson.DefaultMaxDepth)
	if err == nil {
		return compact, nil
	}
	var lax bytes.Buffer
	err = json.Compact(&lax, text)
	return lax.Bytes(), err
}

// Document is a document that a show runs over, read once.
type Document struct {
	Rev  string
	raw  json.RawMessage
	body []byte // the function body, where it could be cut out of raw, else nil
	at   [2]int // where raw has the body's value; zero for a draft, whose raw has "" there

	owner    string // the account that it belongs to; "" for none
	deadline time.Duration
	known    bool // Go and JavaScript read the same from its members
	fields   fields
}

// fields are the members that decide whether a function runs, as they are written; nil where there is none.
type fields struct{ kind, deleted, account, enabled, message, language, bindings, body []byte }

// ReadDocument reads a document, JSON or null. It never fails: what is strange is left to the engine.
func ReadDocument(raw json.RawMessage) Document {
	d := Document{raw: raw, known: true}
	var body strictjson.RawMember
	bodies := 0
	for m := range strictjson.RawMembers(raw) {
		if m.Value < 0 { // no object, or not JSON
			d.known = false
			break
		}
		name, value := string(m.Name), raw[m.Value:m.End]
		if bytes.IndexByte(m.Name, '\\') >= 0 { // it may be one of these in other letters
			name, d.known = textOf([]byte(`"`+name+`"`)), false
		}
		switch name {
		case "_rev":
			d.Rev = textOf(value)
		case "timeout_ms":
			d.deadline = timeout(value)
		case "pvt_account_id":
			d.owner, d.fields.account = "", value
			if id := textOf(value); !malformedID(id) {
				d.owner = id
			}
		case "pvt_type":
			d.fields.kind = value
		case "pvt_deleted":
			d.fields.deleted = value
		case "enabled":
			d.fields.enabled = value
		case "pvt_disabled_message":
			d.fields.message = value
		case "language_pack":
			d.fields.language = value
		case "bindings":
			d.fields.bindings = value
		case "function_js":
			d.fields.body, body = value, m
			bodies++
		}
	}
	if bodies == 1 && d.known {
		d.cutBody(body)
	}
	return d
}

// cutBody takes the function body out of the document, where Go and JavaScript read the same from it.
func (d *Document) cutBody(m strictjson.RawMember) {
	value := d.raw[m.Value:m.End]
	if value[0] != '"' || !utf8.Valid(value) {
		return
	}
	body, ok := strictjson.UnquoteRaw(value)
	if !ok {
		return
	}
	d.body, d.at = body, [2]int{m.Value, m.End}
}

// rest is the document, with "" in place of the function body where that could be cut out.
func (d Document) rest() json.RawMessage {
	if d.at[1] == 0 {
		return d.raw
	}
	return slices.Concat(d.raw[:d.at[0]], []byte(`""`), d.raw[d.at[1]:])
}

// decisive is what `wh` reads of the document besides its body: the engine reads JSON a character at a time, and most
// members of a function's document decide nothing. It is the whole where the body could not be cut out. Bindings are
// not in it: what they say is granted, or the run refused, before (grants.go).
func (d Document) decisive() json.RawMessage {
	if d.body == nil || !d.known {
		return d.rest()
	}
	f := d.fields
	rest := append(make([]byte, 0, 256), `{"function_js":""`...)
	for _, m := range []struct {
		name  string
		value []byte
	}{
		{"pvt_type", f.kind},
		{"pvt_deleted", f.deleted},
		{"pvt_account_id", f.account},
		{"enabled", f.enabled},
		{"pvt_disabled_message", f.message},
		{"language_pack", f.language},
		{"bindings", f.bindings},
	} {
		if m.value != nil {
			rest = append(append(append(append(rest, `,"`...), m.name...), `":`...), m.value...)
		}
	}
	return append(rest, '}')
}

// NewDraft is the document of a function that is stored nowhere.
func NewDraft(source, account string) Document {
	raw := []byte(`{"_id":"draft","pvt_type":"function","function_js":"","pvt_account_id":`)
	raw = append(strictjson.AppendString(raw, account), '}')
	return Document{raw: raw, body: []byte(source), owner: account}
}

// NewDraftWith is NewDraft for a function that declares bindings; "" and null are none.
func NewDraftWith(source, account string, bindings json.RawMessage) Document {
	d := NewDraft(source, account)
	d.fields.bindings = bindings
	return d
}

// Declares reports whether the function declares that it uses more than its call.
func (d Document) Declares() bool { return bindings.Declared(d.fields.bindings) }

// JSON is the document as it was read.
func (d Document) JSON() json.RawMessage { return d.raw }

// Deadline is the function's own, its document's `timeout_ms`; 0 when it has none.
func (d Document) Deadline() time.Duration { return d.deadline }

// Source is the function body, "" where there is none.
func (d Document) Source() string {
	if d.body != nil {
		return string(d.body)
	}
	return textOf(d.fields.body)
}

// textOf is what a JSON string means; "" for what is none.
func textOf(value []byte) string {
	if len(value) < 2 || value[0] != '"' {
		return ""
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return string(value[1 : len(value)-1])
	}
	var text string
	if json.Unmarshal(value, &text) != nil {
		return ""
	}
	return text
}

// timeout is a function's own deadline, its document's `timeout_ms` (1 to 5,000); 0 when it has none.
func timeout(value []byte) time.Duration {
	ms, err := strconv.ParseFloat(string(value), 64)
	if err != nil || ms < 1 || ms > float64(runs.MaxDeadline.Milliseconds()) {
		return 0
	}
	return time.Duration(ms) * time.Millisecond
}

// explain adds to a failure what the function's own text tells: words for whoever wrote it, and the line where it is.
func (d Document) explain(f *runs.Failure, outcome runs.Outcome) {
	switch outcome {
	case runs.Syntax, runs.Threw, runs.NoFlow, runs.InvalidFlow:
	default:
		return
	}
	source := d.Source()
	lint.Explain(source, outcome, *f).Amend(f)
	if f.Line > 0 {
		f.Source = sourceline.At(source, f.Line)
	}
}
