package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"

	"callfn/internal/account"
)

// Reset is what a password reset's id says: whose password, and proof that the id was given.
type Reset struct {
	Account account.ID
	User    string
	Hash    string // what is stored of the proof
}

// resetID is 128 hex digits: account, user, 256 random bits. KAZOO's begins with the account too, and has 40 to 250
// digits (schema user_auth_recovery_reset).
const resetID = 32 + 32 + 64

// NewReset makes the id of a password reset. Of its random part only Hash is to be stored: an HMAC-SHA256 under the
// service's secret, bound to the user.
func (s *Service) NewReset(id account.ID, user string) (string, Reset, error) {
	random := make([]byte, 32)
	if _, err := io.ReadFull(s.cfg.Random, random); err != nil {
		return "", Reset{}, errors.New("auth: no randomness: " + err.Error())
	}
	text := string(id) + user + hex.EncodeToString(random)
	reset, _ := s.ReadReset(text)
	return text, reset, nil
}

// ReadReset takes a reset's id apart. ok is false for what has not the form of one; that it has says nothing more.
func (s *Service) ReadReset(text string) (r Reset, ok bool) {
	text = strings.ToLower(text)
	if raw, err := hex.DecodeString(text); err != nil || 2*len(raw) != resetID {
		return Reset{}, false
	}
	mac := hmac.New(sha256.New, s.cfg.Secret.derive("password resets"))
	mac.Write([]byte(text))
	return Reset{Account: account.ID(text[:32]), User: text[32:64], Hash: hex.EncodeToString(mac.Sum(nil))}, true
}
