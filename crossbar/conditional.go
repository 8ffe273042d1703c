package crossbar

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// matches reports whether an If-Match or If-None-Match header names the revision. weak allows weak tags to count, as
// If-None-Match does (RFC 9110 §13.1).
func matches(header, revision string, weak bool) bool {
	for _, tag := range strings.Split(header, ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" {
			return true
		}
		if weak {
			tag = strings.TrimPrefix(tag, "W/")
		}
		// Some KAZOO clients send the revision without quotes.
		if tag != "" && strings.Trim(tag, `"`) == revision && !strings.HasPrefix(tag, "W/") {
			return true
		}
	}
	return false
}

// listRevision returns the revision of a listing: a digest of its content, or "" for an empty one
// (docs/reference/kazoo.md#documents-over-http).
func listRevision(list encoded) string {
	if text := string(list); text == "[]" || text == "null" {
		return ""
	}
	sum := sha256.Sum256(list)
	return hex.EncodeToString(sum[:16])
}

// precondition checks If-Match against a document's revision.
func (x *exchange) precondition(revision string) error {
	if header := x.request.Header.Get("If-Match"); header != "" && !matches(header, revision, false) {
		return preconditionFailed()
	}
	return nil
}

// conditional reports whether the client named the revision that it changes.
func (x *exchange) conditional() bool { return x.request.Header.Get("If-Match") != "" }
