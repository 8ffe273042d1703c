package secret

import (
	"encoding/json"
	"io"

	"callfn/internal/auth"
)

// sealPurpose keeps the key of secrets apart from those of other sealed things.
const sealPurpose = "function secrets"

// terms are bound to a sealed value: changed in the datastore, the value no longer opens. So whoever can write
// documents, but has no key, cannot have a secret sent elsewhere.
type terms struct {
	Account string   `json:"account"`
	Name    string   `json:"name"`
	Hosts   []string `json:"hosts"`
	Reveal  bool     `json:"reveal"`
}

func (t terms) label() (string, error) {
	if t.Hosts == nil {
		t.Hosts = []string{}
	}
	text, err := json.Marshal(t)
	return string(text), err
}

func (t terms) seal(key auth.Secret, random io.Reader, value string) (string, error) {
	label, err := t.label()
	if err != nil {
		return "", err
	}
	return key.Seal(random, sealPurpose, label, []byte(value))
}

// open returns ErrUnreadable where the value was sealed under another key or other terms.
func (t terms) open(key auth.Secret, sealed string) (string, error) {
	label, err := t.label()
	if err != nil {
		return "", err
	}
	value, err := key.Open(sealPurpose, label, sealed)
	if err != nil {
		return "", ErrUnreadable
	}
	return string(value), nil
}
