package queryserver

import (
	"bytes"
	"encoding/json"

	"callfn/internal/couchnode/strictjson"
	"callfn/internal/function/lint"
	"callfn/internal/runs"
	"callfn/internal/sourceline"
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

// revOf is the revision of a document that a show runs over. Documents from CouchDB begin with _id and _rev, so this
// looks at a few bytes; "" when it is not there.
func revOf(doc json.RawMessage) string {
	if after, ok := bytes.CutPrefix(doc, []byte(`{"_id":"`)); ok { // as a rule without a backslash, and compact
		id, after, _ := bytes.Cut(after, []byte(`","_rev":"`))
		if rev, _, found := bytes.Cut(after[:min(len(after), 256)], []byte(`"`)); found && !bytes.ContainsAny(id, `"\\`) &&
			!bytes.ContainsRune(rev, '\\') {
			return string(rev)
		}
	}
	d := json.NewDecoder(bytes.NewReader(doc[:min(len(doc), 512)]))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return ""
	}
	for {
		key, err := d.Token()
		if err != nil {
			return ""
		}
		value, err := d.Token()
		if err != nil {
			return ""
		}
		text, scalar := value.(string)
		if key == "_rev" {
			return text
		}
		if !scalar {
			return ""
		}
	}
}

// ownerOf is the account that a compact document belongs to.
func ownerOf(doc json.RawMessage) string {
	if strictjson.KindOf(doc) != strictjson.Object {
		return ""
	}
	owner := strictjson.Last(doc, "pvt_account_id")
	if owner == nil || strictjson.KindOf(owner) != strictjson.String {
		return ""
	}
	if id := strictjson.Unquote(owner); !malformedID(id) {
		return id
	}
	return ""
}

// explain adds to a failure what the function's own text tells: words for whoever wrote it, and the line where it is.
func explain(f *runs.Failure, outcome runs.Outcome, doc json.RawMessage) {
	switch outcome {
	case runs.Syntax, runs.Threw, runs.NoFlow, runs.InvalidFlow:
	default:
		return
	}
	var d struct {
		Source string `json:"function_js"`
	}
	if json.Unmarshal(doc, &d) != nil {
		return
	}
	lint.Explain(d.Source, outcome, *f).Amend(f)
	if f.Line > 0 {
		f.Source = sourceline.At(d.Source, f.Line)
	}
}
