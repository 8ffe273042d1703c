package queryserver

import (
	"bytes"
	"encoding/json"

	"callfn/internal/sourceline"
)

// revOf is the revision of a document that a show runs over. Documents from CouchDB begin with _id and _rev, so this looks at
// a few bytes; "" when it is not there.
func revOf(doc json.RawMessage) string {
	if after, ok := bytes.CutPrefix(doc, []byte(`{"_id":"`)); ok { // as a rule without a backslash, and compact
		id, after, _ := bytes.Cut(after, []byte(`","_rev":"`))
		if rev, _, found := bytes.Cut(after[:min(len(after), 256)], []byte(`"`)); found && !bytes.ContainsAny(id, `"\\`) && !bytes.ContainsRune(rev, '\\') {
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

// ownerOf is the account that a document belongs to.
func ownerOf(doc json.RawMessage) string {
	var d struct {
		Account string `json:"pvt_account_id"`
	}
	if json.Unmarshal(doc, &d) != nil || malformedID(d.Account) {
		return ""
	}
	return d.Account
}

// lineOf is a line of the document's function.
func lineOf(doc json.RawMessage, line int) string {
	var d struct {
		Source string `json:"function_js"`
	}
	if json.Unmarshal(doc, &d) != nil {
		return ""
	}
	return sourceline.At(d.Source, line)
}
