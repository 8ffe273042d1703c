package rtp

import (
	"fmt"
	"io"
	"slices"

	"github.com/pion/srtp/v3"
)

// Suite is how SRTP encrypts and authenticates packets. The zero value is none.
type Suite struct {
	Name    string // as SDP has it (RFC 4568, RFC 6188, RFC 7714)
	profile srtp.ProtectionProfile
	secret  int // bytes of the master key and its salt
}

// suites are those that are understood, in the order in which callfn offers them.
var suites = []Suite{
	{"AEAD_AES_128_GCM", srtp.ProtectionProfileAeadAes128Gcm, 28},
	{"AEAD_AES_256_GCM", srtp.ProtectionProfileAeadAes256Gcm, 44},
	{"AES_CM_128_HMAC_SHA1_80", srtp.ProtectionProfileAes128CmHmacSha1_80, 30},
	{"AES_CM_128_HMAC_SHA1_32", srtp.ProtectionProfileAes128CmHmacSha1_32, 30},
	{"AES_256_CM_HMAC_SHA1_80", srtp.ProtectionProfileAes256CmHmacSha1_80, 46},
	{"AES_256_CM_HMAC_SHA1_32", srtp.ProtectionProfileAes256CmHmacSha1_32, 46},
}

// Suites are the suites that are understood.
func Suites() []Suite { return slices.Clone(suites) }

// SuiteNamed is the suite of a name; false where it is not understood.
func SuiteNamed(name string) (Suite, bool) {
	i := slices.IndexFunc(suites, func(s Suite) bool { return s.Name == name })
	if i < 0 {
		return Suite{}, false
	}
	return suites[i], true
}

// Secret is the master key of one direction and its salt. Nothing prints it: it stands behind a pointer, which fmt does
// not follow even in fields that it cannot ask for a text.
type Secret struct{ kept *material }

type material struct{ key, salt, mki []byte }

// longestMKI is the longest master key identifier that RFC 4568 allows, in bytes.
const longestMKI = 128

// NewSecret makes a Secret for a suite of a master key with its salt behind it. mki is the master key identifier that
// each packet carries; none where it is empty.
func NewSecret(s Suite, keyAndSalt, mki []byte) (Secret, error) {
	if s.secret == 0 || len(keyAndSalt) != s.secret {
		return Secret{}, fmt.Errorf("key and salt: got %d bytes, want %d for %s", len(keyAndSalt), s.secret, s.Name)
	}
	if len(mki) > longestMKI {
		return Secret{}, fmt.Errorf("key identifier (MKI): got %d bytes, want at most %d", len(mki), longestMKI)
	}
	length, err := s.profile.KeyLen()
	if err != nil {
		return Secret{}, err
	}
	b := slices.Clone(keyAndSalt)
	return Secret{&material{key: b[:length:length], salt: b[length:], mki: slices.Clone(mki)}}, nil
}

// RandomSecret makes a Secret for a suite, without an identifier.
func RandomSecret(s Suite, random io.Reader) (Secret, error) {
	b := make([]byte, s.secret)
	if _, err := io.ReadFull(random, b); err != nil {
		return Secret{}, fmt.Errorf("make a key for SRTP: %w", err)
	}
	return NewSecret(s, b, nil)
}

// Bytes are the master key and its salt, to be given to the caller.
func (s Secret) Bytes() []byte { return slices.Concat(s.kept.key, s.kept.salt) }

// Equal reports whether two are the same.
func (s Secret) Equal(other Secret) bool {
	if s.kept == nil || other.kept == nil {
		return s.kept == other.kept
	}
	return slices.Equal(s.Bytes(), other.Bytes()) && slices.Equal(s.kept.mki, other.kept.mki)
}

// Format implements fmt.Formatter.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[secret]") }

// Security has the packets of a call encrypted and authenticated (SRTP, RFC 3711). Each direction has its own key.
type Security struct {
	Suite        Suite
	Theirs, Ours Secret
}
