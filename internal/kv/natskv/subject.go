package natskv

import (
	"encoding/base64"
	"strings"

	"callfn/internal/kv"
)

// Subjects:
//
//	callfn.kv.ACCOUNT.entry.NAMESPACE.NAME   a key; NAMESPACE is @ for what functions share, NAME is base64url
//	callfn.kv.ACCOUNT.account                is there as long as the account has ever stored anything
//
// Account and namespace are ids, which a subject may have as they are; a name may have anything.
const (
	subjects  = "callfn.kv."
	sharedNS  = "@"
	entryPart = "entry"
)

func ofAccount(account string) string     { return subjects + account + ".>" }
func ledgerSubject(account string) string { return subjects + account + ".account" }

// entriesOf is a pattern of the keys of a namespace, or of all with "*".
func entriesOf(account, namespacePart string) string {
	return subjects + account + "." + entryPart + "." + namespacePart + ".*"
}

func namespacePart(namespace string) string {
	if namespace == "" {
		return sharedNS
	}
	return namespace
}

func subjectOf(key kv.Key) string {
	name := base64.RawURLEncoding.EncodeToString([]byte(key.Name))
	return subjects + key.Account + "." + entryPart + "." + namespacePart(key.Namespace) + "." + name
}

// accountOf returns the account of a subject.
func accountOf(subject string) string {
	account, _, _ := strings.Cut(strings.TrimPrefix(subject, subjects), ".")
	return account
}

// keyOf returns the key that a subject stands for, and false for one that is no key's.
func keyOf(subject string) (key kv.Key, ok bool) {
	parts := strings.Split(strings.TrimPrefix(subject, subjects), ".")
	if len(parts) != 4 || parts[1] != entryPart {
		return key, false
	}
	name, err := base64.RawURLEncoding.DecodeString(parts[3])
	if err != nil {
		return key, false
	}
	return kv.Key{Account: parts[0], Namespace: strings.TrimPrefix(parts[2], sharedNS), Name: string(name)}, true
}
