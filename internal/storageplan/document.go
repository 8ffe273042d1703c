package storageplan

import (
	"crypto/rand"
	"errors"
	"fmt"

	"callfn/internal/auth"
	"callfn/internal/datastore"
	"callfn/internal/jsonvalue"
)

// Document in system_data is the storage plan; DocumentType is its pvt_type. Both names are KAZOO's. Besides the part
// that clients see, it has pvt_homes (where each database is, by name), pvt_secrets (sealed passwords, by tag) and
// pvt_retained (connections that left the plan while a database is still there). In the visible part, Placeholder
// replaces a stored password.
const (
	Document     = "system"
	DocumentType = "storage"
)

// Placeholder replaces a stored password. A client that sends it back keeps the stored password.
const Placeholder = "********"

const sealPurpose = "storage plan passwords"

// stored is the decoded document.
type stored struct {
	plan     Plan // with passwords
	retained map[Tag]Connection
	homes    map[string]Tag
	locked   map[Tag]error // connections whose password cannot be opened: auth.ErrWrongSecret
}

// openDocument decodes the stored document; a missing one is empty. A password that was sealed with another secret, or
// for another server, locks only its connection.
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

// label is what a sealed password is bound to. The password opens for no other server and user, so whoever can write
// the document cannot have it sent elsewhere.
func (s Settings) label(tag Tag) string {
	user, _ := s.User()
	return string(tag) + "\n" + s.Address() + "\n" + user
}

// password returns a pointer to the password that takes effect.
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

// ErrKept reports a Placeholder for which no password is stored.
var ErrKept = errors.New("the placeholder stands for a password that is kept, and none is kept for this server and " +
	"user: send the password")

// Conceal moves the passwords out of the visible part of a plan's document. The result has Placeholder in their places,
// and the sealed passwords in pvt_secrets. before is the previous document. failed lists the connections whose
// Placeholder has no stored password (ErrKept).
func Conceal(before, doc datastore.Document, secret auth.Secret) (out datastore.Document, failed []Tag, err error) {
	out = datastore.Document(jsonvalue.CopyObject(doc))
	plan, err := Decode(out)
	if err != nil {
		return nil, nil, err
	}
	kept, _ := before["pvt_secrets"].(map[string]any)
	secrets := map[string]any{}
	retained, _ := before["pvt_retained"].(map[string]any)
	for tag := range retained { // retained connections keep their passwords
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

// conceal replaces the connection's passwords by Placeholder.
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
