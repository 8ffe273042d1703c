package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"callfn/internal/account"
)

// Endpoint is the one thing that an invoke key lets its bearer request: the calls of one account, or one function of
// it.
type Endpoint struct {
	Account  account.ID
	Function string // id of the function; "" for the account's numbers
}

// label returns the text that a keyed hash is bound to. NUL separates the parts, since ids are hexadecimal.
func (e Endpoint) label() string { return string(e.Account) + "\x00" + e.Function + "\x00" }

// A key has the form "<id of its document>.<64 hex digits>"; only the digits are secret. A ticket gives a key's bearer
// access to one function deeper in a flow. Its form is "<id of the key's document>.<Unix time of its end>.<64 hex
// digits>".
var (
	keyShape    = regexp.MustCompile(`^([0-9a-f]{32})\.([0-9a-f]{64})$`)
	ticketShape = regexp.MustCompile(`^([0-9a-f]{32})\.([1-9][0-9]{0,11})\.([0-9a-f]{64})$`)
)

// NewInvokeKey returns the text of a key for the document id, and the hash to store. The key has 256 random bits. The
// hash is their HMAC-SHA256 under the service's secret, bound to the endpoint.
func (s *Service) NewInvokeKey(id string, e Endpoint) (key, hash string, err error) {
	secret := make([]byte, 32)
	if _, err := io.ReadFull(s.cfg.Random, secret); err != nil {
		return "", "", errors.New("auth: no randomness: " + err.Error())
	}
	text := hex.EncodeToString(secret)
	return id + "." + text, s.cfg.Secret.invokeHash(e, "key", text), nil
}

// InvokeKeyID returns the id of the document that a key or ticket names, or "" if the text is neither.
func InvokeKeyID(presented string) string {
	if keyShape.MatchString(presented) || ticketShape.MatchString(presented) {
		return presented[:32]
	}
	return ""
}

// InvokeKeyCounts reports whether a presented key matches the stored hash for this endpoint.
func (s *Service) InvokeKeyCounts(e Endpoint, presented, hash string) bool {
	parts := keyShape.FindStringSubmatch(presented)
	return parts != nil && hash != "" && equal(s.cfg.Secret.invokeHash(e, "key", parts[2]), hash)
}

// InvokeTicket returns a ticket that lets a key's bearer request one function until a time. The ticket ends with the
// key: the check reads the key's document, and the stored hash is part of the ticket.
func (s *Service) InvokeTicket(e Endpoint, keyID, hash string, until time.Time) string {
	end := strconv.FormatInt(until.Unix(), 10)
	return keyID + "." + end + "." + s.cfg.Secret.invokeHash(e, "ticket", keyID+"."+end+"."+hash)
}

// InvokeTicketCounts reports whether a presented ticket was issued for this endpoint by the key with the stored hash,
// and has not expired.
func (s *Service) InvokeTicketCounts(e Endpoint, presented, hash string) bool {
	parts := ticketShape.FindStringSubmatch(presented)
	if parts == nil || hash == "" {
		return false
	}
	end, err := strconv.ParseInt(parts[2], 10, 64)
	return err == nil && s.cfg.Now().Unix() < end &&
		equal(s.cfg.Secret.invokeHash(e, "ticket", strings.Join([]string{parts[1], parts[2], hash}, ".")), parts[3])
}

func (s Secret) invokeHash(e Endpoint, kind, text string) string {
	mac := hmac.New(sha256.New, s.derive("invoke keys"))
	mac.Write([]byte(kind + "\x00" + e.label() + text))
	return hex.EncodeToString(mac.Sum(nil))
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
