package auth

import (
	"crypto/md5"  //nolint:gosec // KAZOO's clients hash so; what is stored is keyed with the service's secret
	"crypto/sha1" //nolint:gosec // the same
	"encoding/hex"
	"strings"

	"callfn/internal/account"
)

// The methods by which KAZOO's clients hash "user:password" (docs/reference/kazoo.md#user-credentials).
const (
	MD5 = "md5"
	SHA = "sha"
)

// UserCredentials returns the credentials to store for a user's name and password: a keyed hash per method. Names are
// compared in lower case, so the caller passes name in lower case.
func (s *Service) UserCredentials(id account.ID, name, password string) map[string]string {
	text := []byte(name + ":" + password)
	m, h := md5.Sum(text), sha1.Sum(text) //nolint:gosec // see above
	return map[string]string{
		MD5: s.cfg.Secret.credential(string(id), MD5, hex.EncodeToString(m[:])),
		SHA: s.cfg.Secret.credential(string(id), SHA, hex.EncodeToString(h[:])),
	}
}

// UserCredential returns the keyed hash of a digest that a client sent, or "" if the digest is not one of the method.
func (s *Service) UserCredential(id account.ID, method, digest string) string {
	raw, err := hex.DecodeString(strings.TrimSpace(digest))
	if want := map[string]int{MD5: md5.Size, SHA: sha1.Size}[method]; err != nil || want == 0 || len(raw) != want {
		return ""
	}
	return s.cfg.Secret.credential(string(id), method, hex.EncodeToString(raw))
}
