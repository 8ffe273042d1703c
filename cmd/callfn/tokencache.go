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

// tokenCache keeps the token that an API key got at a server until shortly before it expires, so that a shell loop does
// not log in for every command. It is a file of mode 0600 that is named after a hash of server and key; the key itself
// is not in it. A cache that cannot be used is none: the command logs in.
type tokenCache struct {
	file string // "" for no cache
	now  func() time.Time
}

// cachedToken is what the file holds.
type cachedToken struct {
	Token     string    `json:"token"`
	AccountID string    `json:"account_id"`
	Expires   time.Time `json:"expires"`
}

// useless is how long before its expiry a token is no longer used: a command may take a while.
const useless = time.Minute

// newTokenCache names the cache of a key at a server, below $XDG_CACHE_HOME or ~/.cache.
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

// load gives a token that is still good for a while, as far as can be known here.
func (c tokenCache) load() (cachedToken, bool) {
	var t cachedToken
	if c.file == "" {
		return t, false
	}
	info, err := os.Lstat(c.file)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 || info.Size() > 1<<16 {
		return t, false // not ours, or not ours alone
	}
	text, err := os.ReadFile(c.file)
	if err != nil || json.Unmarshal(text, &t) != nil || t.Token == "" || t.AccountID == "" {
		return cachedToken{}, false
	}
	return t, c.now().Add(useless).Before(t.Expires)
}

// save keeps a token. Another command may do the same at the same time: the file is always one's or the other's.
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

// drop forgets a token that the server no longer takes.
func (c tokenCache) drop() {
	if c.file != "" {
		_ = os.Remove(c.file)
	}
}

// expiry reads when a token expires. The zero time for what does not say.
func expiry(token string) time.Time {
	expires, _ := claimsOf(token)
	return expires
}

// claimsOf reads when a token expires and whose it is, unproven: the service proves it.
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
