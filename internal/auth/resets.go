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

// Reset is the content of a password reset's id: the user, and the proof that the id was issued.
type Reset struct {
	Account account.ID
	User    string
	Hash    string // what is stored of the random part
}

// resetID is the length of an id: 128 hex digits for account, user and 256 random bits. KAZOO's ids begin with the
// account too, and have 40 to 250 digits (schema user_auth_recovery_reset).
const resetID = 32 + 32 + 64

// NewReset returns a new id of a password reset. Only Hash is stored of its random part: an HMAC-SHA256 under the
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

// ReadReset parses a reset's id. ok is false if the text does not have the form of one. A true ok does not prove that
// the id was issued.
func (s *Service) ReadReset(text string) (r Reset, ok bool) {
	text = strings.ToLower(text)
	if raw, err := hex.DecodeString(text); err != nil || 2*len(raw) != resetID {
		return Reset{}, false
	}
	mac := hmac.New(sha256.New, s.cfg.Secret.derive("password resets"))
	mac.Write([]byte(text))
	return Reset{Account: account.ID(text[:32]), User: text[32:64], Hash: hex.EncodeToString(mac.Sum(nil))}, true
}
