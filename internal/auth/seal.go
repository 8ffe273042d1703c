package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
)

// Secret is the service's own secret from outside the datastore (--secret-key-file): 32 random bytes. The stored
// private keys cannot be read without it.
type Secret [32]byte

// derive returns a key for one purpose, so that no two purposes share a key.
func (s Secret) derive(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, s[:], nil, "callfn "+purpose, 32)
	if err != nil {
		panic("auth: " + err.Error()) // only for lengths beyond 255 hashes
	}
	return key
}

// ErrWrongSecret reports that the stored data was sealed with another secret.
var ErrWrongSecret = errors.New("the secret key file is not the one this data was sealed with; " +
	"start with the file that belongs to this datastore")

// Seal encrypts and authenticates text with AES-256-GCM under a key for the purpose. label is bound to the result: Open
// fails with another label.
func (s Secret) Seal(random io.Reader, purpose, label string, text []byte) (string, error) {
	aead := s.aead(purpose)
	nonce := make([]byte, aead.NonceSize())
	if _, err := io.ReadFull(random, nonce); err != nil {
		return "", err
	}
	return base64.RawStdEncoding.EncodeToString(aead.Seal(nonce, nonce, text, []byte(label))), nil
}

// Open reverses Seal. It returns ErrWrongSecret for anything that was not sealed with this secret, purpose and label.
func (s Secret) Open(purpose, label, sealed string) ([]byte, error) {
	aead := s.aead(purpose)
	box, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil || len(box) < aead.NonceSize() {
		return nil, ErrWrongSecret
	}
	text, err := aead.Open(nil, box[:aead.NonceSize()], box[aead.NonceSize():], []byte(label))
	if err != nil {
		return nil, ErrWrongSecret
	}
	return text, nil
}

func (s Secret) aead(purpose string) cipher.AEAD {
	block, err := aes.NewCipher(s.derive(purpose))
	if err != nil {
		panic("auth: " + err.Error()) // only for other key lengths
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic("auth: " + err.Error()) // only for other block lengths
	}
	return aead
}

// identitySignature binds a token to its identity's secret (KAZOO's identity_sig). It is the base64url HMAC-SHA256,
// with the identity's secret and the service's, over the identity's id.
func (s Secret) identitySignature(identitySecret, id string) string {
	mac := hmac.New(sha256.New, append([]byte(identitySecret), s.derive("identity signature")...))
	mac.Write([]byte(id))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// credential returns the stored form of a login: the hexadecimal HMAC-SHA256, under the service's secret, of the digest
// that clients send. It is bound to account and method, so that equal passwords give different values.
func (s Secret) credential(accountID, method, digest string) string {
	mac := hmac.New(sha256.New, s.derive("user credentials"))
	for _, part := range []string{accountID, method, digest} {
		mac.Write([]byte(part))
		mac.Write([]byte{0}) // NUL separates the parts: ids and digests are hexadecimal
	}
	return hex.EncodeToString(mac.Sum(nil))
}
