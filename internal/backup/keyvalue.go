package backup

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"callfn/internal/kv"
)

// KeyValues is the name of functions' key-value store among the databases of a file. It is none: each of its documents
// is a key with its value, without revisions.
const KeyValues = "kv"

// keyValue is a key in a file.
type keyValue struct {
	ID        string          `json:"_id"`
	Account   string          `json:"pvt_account_id"`
	Namespace string          `json:"namespace,omitempty"`
	Key       string          `json:"key"`
	Value     json.RawMessage `json:"value"`
	Expires   *time.Time      `json:"expires,omitempty"`
}

// KeyValue returns a key as a document.
func KeyValue(key kv.Key, e kv.Entry) (json.RawMessage, error) {
	doc := keyValue{
		ID: KeyID(key), Account: key.Account, Namespace: key.Namespace, Key: key.Name, Value: e.Value,
	}
	if !e.Expires.IsZero() {
		doc.Expires = &e.Expires
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // so that the value's text stays as it is
	err := encoder.Encode(doc)
	return bytes.TrimSpace(text.Bytes()), err
}

// KeyID names a key for people and as a place in an export: account, namespace and name, with slashes between. Account
// and namespace have none.
func KeyID(key kv.Key) string { return key.Account + "/" + key.Namespace + "/" + key.Name }

// ParseKeyID reads what KeyID returned.
func ParseKeyID(text string) (kv.Key, error) {
	parts := strings.SplitN(text, "/", 3)
	if len(parts) != 3 {
		return kv.Key{}, fmt.Errorf("backup: %q is no place in the key-value store", text)
	}
	return kv.Key{Account: parts[0], Namespace: parts[1], Name: parts[2]}, nil
}

// ParseKeyValue reads what KeyValue returned.
func ParseKeyValue(text json.RawMessage) (kv.Key, kv.Entry, error) {
	var doc keyValue
	if err := json.Unmarshal(text, &doc); err != nil {
		return kv.Key{}, kv.Entry{}, err
	}
	e := kv.Entry{Value: doc.Value}
	if doc.Expires != nil {
		e.Expires = *doc.Expires
	}
	return kv.Key{Account: doc.Account, Namespace: doc.Namespace, Name: doc.Key}, e, nil
}
