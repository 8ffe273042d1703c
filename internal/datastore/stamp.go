package datastore

import (
	"strings"
	"time"
	"unicode"
)

// gregorianOffset is the number of seconds from year 0 to 1970 (docs/reference/kazoo.md#ids-and-times).
const gregorianOffset = 62167219200

// Gregorian returns t as KAZOO stores times: whole seconds since year 0, UTC.
func Gregorian(t time.Time) int64 { return t.Unix() + gregorianOffset }

// FromGregorian returns the time of KAZOO's gregorian seconds, in UTC.
func FromGregorian(seconds int64) time.Time { return time.Unix(seconds-gregorianOffset, 0).UTC() }

// Stamp is what a save writes into a document's private fields (docs/reference/kazoo.md#private-fields): who, when, in
// which request.
type Stamp struct {
	Type          string    // pvt_type; empty leaves the document's own
	AccountID     string    // pvt_account_id, only where the document has none
	Database      string    // pvt_account_db, only where the document has none
	Now           time.Time // pvt_modified, and pvt_created of a document without revision
	RequestID     string    // pvt_request_id
	Authenticated bool      // pvt_is_authenticated
	AuthAccountID string    // pvt_auth_account_id, when authenticated
	AuthUserID    string    // pvt_auth_user_id, when authenticated as a user
}

// Mark writes the stamp into the document.
func (s Stamp) Mark(doc Document) {
	if s.Type != "" {
		doc["pvt_type"] = s.Type
	}
	setAbsent(doc, "pvt_vsn", "1")
	if s.AccountID != "" {
		setAbsent(doc, "pvt_account_id", s.AccountID)
	}
	if s.Database != "" {
		setAbsent(doc, "pvt_account_db", s.Database)
	}
	now := Gregorian(s.Now)
	if doc.Rev() == "" {
		doc["pvt_created"] = now
	}
	doc["pvt_modified"] = now
	if s.RequestID != "" {
		doc["pvt_request_id"] = s.RequestID
	}
	doc["pvt_is_authenticated"] = s.Authenticated
	if s.Authenticated && s.AuthAccountID != "" {
		doc["pvt_auth_account_id"] = s.AuthAccountID
	}
	if s.Authenticated {
		delete(doc, "pvt_auth_user_id") // left by a user's earlier save
	}
	if s.Authenticated && s.AuthUserID != "" {
		doc["pvt_auth_user_id"] = s.AuthUserID
	}
	if name := doc.Text("name"); name != "" {
		doc["pvt_alphanum_name"] = AlphanumName(name)
	} else {
		delete(doc, "pvt_alphanum_name")
	}
}

func setAbsent(doc Document, key, value string) {
	if _, ok := doc[key]; !ok {
		doc[key] = value
	}
}

// SoftDelete marks the document as deleted, as KAZOO does: it stays in the datastore, and no reader shows it.
func (d Document) SoftDelete() { d["pvt_deleted"] = true }

// AlphanumName returns a name as KAZOO compares names: lower-case letters and digits only ("Say hi!" gives "sayhi").
func AlphanumName(name string) string {
	return strings.Map(func(r rune) rune {
		if r = unicode.ToLower(r); unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, name)
}
