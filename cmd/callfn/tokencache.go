package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// tokenCache stores the token of an API key at a server until shortly before it expires, so that a shell loop does not
// log in for every command. Its file has mode 0600 and is named by a hash of server and key; it does not contain the
// key. If the cache cannot be used, the command logs in.
type tokenCache struct {
	file string // "" for no cache
	now  func() time.Time
}

// cachedToken is the content of the file.
type cachedToken struct {
	Token     string    `json:"token"`
	AccountID string    `json:"account_id"`
	Expires   time.Time `json:"expires"`
}

// useless is how long before its expiry a token is no longer used, since a command may take a while.
const useless = time.Minute

// newTokenCache returns the cache of a key at a server, below $XDG_CACHE_HOME or ~/.cache.
func newTokenCache(getenv func(string) string, server, key string) tokenCache {
	dir := getenv("XDG_CACHE_HOME")
	if home := getenv("HOME"); !filepath.IsAbs(dir) && filepath.IsAbs(home) {
		dir = filepath.Join(home, ".cache")
	}
	if !filepath.IsAbs(dir) {
		return tokenCache{}
	}
	sum := sha256.Sum256([]byte(server + "\x00" + strings.ToLower(key)))
	return tokenCache{file: filepath.Join(dir, "callfn", "tokens", hex.EncodeToString(sum[:16])+".json"), now: time.Now}
}

// load returns a token that is valid for a while, as far as known here.
func (c tokenCache) load() (cachedToken, bool) {
	var t cachedToken
	if c.file == "" {
		return t, false
	}
	info, err := os.Lstat(c.file)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 || info.Size() > 1<<16 {
		return t, false // of another user, or readable by others
	}
	text, err := os.ReadFile(c.file)
	if err != nil || json.Unmarshal(text, &t) != nil || t.Token == "" || t.AccountID == "" {
		return cachedToken{}, false
	}
	return t, c.now().Add(useless).Before(t.Expires)
}

// save stores a token. Another command may do so at the same time: the file then is whole and has one of the tokens.
func (c tokenCache) save(t cachedToken) {
	if c.file == "" || t.Expires.IsZero() {
		return
	}
	text, err := json.Marshal(t)
	if err != nil || os.MkdirAll(filepath.Dir(c.file), 0o700) != nil {
		return
	}
	f, err := os.CreateTemp(filepath.Dir(c.file), ".token-*") // mode 0600
	if err != nil {
		return
	}
	_, err = f.Write(text)
	if errors.Join(err, f.Close()) != nil || os.Rename(f.Name(), c.file) != nil {
		_ = os.Remove(f.Name())
	}
}

// drop removes a token that the server refuses.
func (c tokenCache) drop() {
	if c.file != "" {
		_ = os.Remove(c.file)
	}
}

// expiry returns when a token expires, or the zero time if it does not say.
func expiry(token string) time.Time {
	expires, _ := claimsOf(token)
	return expires
}

// claimsOf returns when a token expires and whose it is, unverified: the service verifies it.
func claimsOf(token string) (expires time.Time, accountID string) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return time.Time{}, ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Exp       int64  `json:"exp"`
		AccountID string `json:"account_id"`
	}
	if err != nil || json.Unmarshal(payload, &claims) != nil || claims.Exp <= 0 {
		return time.Time{}, ""
	}
	return time.Unix(claims.Exp, 0).UTC(), claims.AccountID
}
