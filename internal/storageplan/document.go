package storageplan

import (
	"crypto/rand"
	"errors"
	"fmt"

	"callfn/internal/auth"
	"callfn/internal/datastore"
	"callfn/internal/jsonvalue"
)

// Document in system_data holds the storage plan; DocumentType is its pvt_type. Both are KAZOO's.
//
// Besides what clients see it has pvt_homes (where each database is, by name), pvt_secrets (sealed passwords, by tag)
// and pvt_retained (connections that left the plan while a database is still there). In the visible part a password
// that is kept reads as Placeholder.
const (
	Document     = "system"
	DocumentType = "storage"
)

// Placeholder stands where a password is kept: sent back, it means the one that is kept.
const Placeholder = "********"

const sealPurpose = "storage plan passwords"

// stored is the document, read.
type stored struct {
	plan     Plan // passwords in it
	retained map[Tag]Connection
	homes    map[string]Tag
	locked   map[Tag]error // connections whose password does not open: auth.ErrWrongSecret
}

// openDocument reads the stored document; a missing one is empty. A password that was sealed with another secret, or
// for another server, locks its connection and no other.
func openDocument(doc datastore.Document, secret auth.Secret) (stored, error) {
	var decoded struct {
		Plan
		Homes    map[string]Tag     `json:"pvt_homes"`
		Retained map[Tag]Connection `json:"pvt_retained"`
		Secrets  map[Tag]string     `json:"pvt_secrets"`
	}
	if err := decode(doc, &decoded); err != nil {
		return stored{}, fmt.Errorf("storageplan: document %s/%s is no storage plan: %w", datastore.SystemData, Document, err)
	}
	out := stored{plan: decoded.Plan, homes: decoded.Homes, retained: decoded.Retained, locked: map[Tag]error{}}
	for _, connections := range []map[Tag]Connection{out.plan.Connections, out.retained} {
		for tag, c := range connections {
			open, err := c.Settings.unseal(tag, decoded.Secrets[tag], secret)
			if err != nil {
				out.locked[tag] = fmt.Errorf("the password that is kept for connection %s does not open: %w", tag, err)
			}
			c.Settings = open
			connections[tag] = c
		}
	}
	return out, nil
}

// label is what a sealed password is bound to: it opens for no other server and user. Whoever can write the document
// can therefore not have it sent elsewhere.
func (s Settings) label(tag Tag) string {
	user, _ := s.User()
	return string(tag) + "\n" + s.Address() + "\n" + user
}

// password points to where the settings have the password that counts.
func (s *Settings) password() *Password {
	if s.Credentials.Username != "" || s.Password == "" {
		return &s.Credentials.Password
	}
	return &s.Password
}

func (s Settings) unseal(tag Tag, sealed string, secret auth.Secret) (Settings, error) {
	if p := s.password(); *p == Placeholder {
		text, err := secret.Open(sealPurpose, s.label(tag), sealed)
		if err != nil {
			return s, err
		}
		*p = Password(text)
	}
	return s, nil
}

// ErrKept is what a Placeholder without a password behind it is answered with.
var ErrKept = errors.New("the placeholder stands for a password that is kept, and none is kept for this server and " +
	"user: send the password")

// Conceal takes the passwords out of the visible part of a plan's document: what comes back has Placeholder in their
// places, and them sealed in pvt_secrets. before is the document as it was. failed names the connections whose
// Placeholder stands for nothing (ErrKept).
func Conceal(before, doc datastore.Document, secret auth.Secret) (out datastore.Document, failed []Tag, err error) {
	out = datastore.Document(jsonvalue.CopyObject(doc))
	plan, err := Decode(out)
	if err != nil {
		return nil, nil, err
	}
	kept, _ := before["pvt_secrets"].(map[string]any)
	secrets := map[string]any{}
	retained, _ := before["pvt_retained"].(map[string]any)
	for tag := range retained { // theirs stay as long as they do
		if sealed, ok := kept[tag]; ok {
			secrets[tag] = sealed
		}
	}
	for tag, c := range plan.Connections {
		switch password := *c.Settings.password(); password {
		case "":
		case Placeholder:
			sealed, _ := kept[string(tag)].(string)
			if _, err := c.Settings.unseal(tag, sealed, secret); err != nil {
				failed = append(failed, tag)
			}
			secrets[string(tag)] = sealed
		default:
			sealed, err := secret.Seal(rand.Reader, sealPurpose, c.Settings.label(tag), []byte(password))
			if err != nil {
				return nil, nil, err
			}
			secrets[string(tag)] = sealed
			conceal(out, tag)
		}
	}
	out["pvt_secrets"] = secrets
	return out, failed, nil
}

// conceal puts Placeholder wherever the connection has a password.
func conceal(doc datastore.Document, tag Tag) {
	connections, _ := doc["connections"].(map[string]any)
	connection, _ := connections[string(tag)].(map[string]any)
	settings, _ := connection["settings"].(map[string]any)
	credentials, _ := settings["credentials"].(map[string]any)
	for _, place := range []map[string]any{settings, credentials} {
		if given, ok := place["password"]; ok && given != nil && given != "" {
			place["password"] = Placeholder
		}
	}
}
