package sip

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"callfn/internal/rtp"
)

// crypto is one a=crypto attribute of SDP (RFC 4568): a suite, and the key of whoever wrote it. The zero value is none.
type crypto struct {
	tag    string
	suite  rtp.Suite
	secret rtp.Secret
}

// given reports whether there is any.
func (c crypto) given() bool { return c.tag != "" }

// sameKey reports whether another has the same suite and key.
func (c crypto) sameKey(other crypto) bool {
	return c.suite == other.suite && c.secret.Equal(other.secret)
}

// newCrypto is an attribute of callfn's, with a key that nobody had before.
func newCrypto(tag string, suite rtp.Suite) (crypto, error) {
	secret, err := rtp.RandomSecret(suite, rand.Reader)
	return crypto{tag: tag, suite: suite, secret: secret}, err
}

// attribute is the value of the attribute. It holds the key.
func (c crypto) attribute() string {
	return c.tag + " " + c.suite.Name + " inline:" + base64.StdEncoding.EncodeToString(c.secret.Bytes())
}

// findCrypto is the first attribute of an m-line that can be used, in the order in which the caller prefers them. The
// error says why there is none; it holds no key.
func findCrypto(m *sdp.MediaDescription) (crypto, error) {
	reason := errors.New("there is none")
	seen := map[string]bool{}
	for _, a := range m.Attributes {
		if a.Key != "crypto" {
			continue
		}
		c, err := parseCrypto(a.Value)
		switch {
		case err != nil:
			reason = err
		case seen[c.tag]:
			reason = fmt.Errorf("the tag %s is there twice", c.tag)
		default:
			return c, nil
		}
		if tag, _, _ := strings.Cut(a.Value, " "); len(seen) < mostCryptos {
			seen[tag] = true
		}
	}
	return crypto{}, fmt.Errorf("no a=crypto that can be used: %w", reason)
}

// mostCryptos bounds how many tags of an offer are remembered.
const mostCryptos = 64

var (
	errCryptoForm = errors.New("malformed: want TAG SUITE inline:KEY")
	errManyKeys   = errors.New("several master keys are not supported")
)

// parseCrypto reads the value of one attribute. What a session parameter asks for beyond the usual is not supported.
func parseCrypto(value string) (crypto, error) {
	fields := strings.Fields(value)
	if len(fields) < 3 || !isTag(fields[0]) {
		return crypto{}, errCryptoForm
	}
	c := crypto{tag: fields[0]}
	var ok bool
	if c.suite, ok = rtp.SuiteNamed(strings.ToUpper(fields[1])); !ok {
		return crypto{}, fmt.Errorf("the suite %.40s is not supported", fields[1])
	}
	for _, parameter := range fields[3:] {
		if !isHint(parameter) {
			name, _, _ := strings.Cut(parameter, "=")
			return crypto{}, fmt.Errorf("the parameter %.40s is not supported", name)
		}
	}
	method, key, ok := strings.Cut(fields[2], ":")
	switch {
	case !ok || !strings.EqualFold(method, "inline"):
		return crypto{}, errCryptoForm
	case strings.Contains(key, ";"):
		return crypto{}, errManyKeys
	}
	var err error
	c.secret, err = parseKey(c.suite, key)
	return c, err
}

// isTag reports whether a text is a tag: 1 to 9 digits, the first no zero unless it is the only one.
func isTag(text string) bool {
	if len(text) > 1 && text[0] == '0' {
		return false
	}
	return text != "" && len(text) <= 9 && allDigits(text)
}

func allDigits(text string) bool { return strings.Trim(text, "0123456789") == "" }

// isHint reports whether a session parameter may be passed over: a window size, or one of an extension that says so by
// a hyphen (RFC 4568 section 6.3.7). Every other changes what packets look like.
func isHint(parameter string) bool {
	return strings.HasPrefix(parameter, "-") || strings.HasPrefix(strings.ToUpper(parameter), "WSH=")
}

// parseKey reads KEY||SALT|LIFETIME|MKI:LENGTH; the last two may be absent. The lifetime binds the caller alone, who
// sends with the key.
func parseKey(suite rtp.Suite, text string) (rtp.Secret, error) {
	parts := strings.Split(text, "|")
	key, err := base64.RawStdEncoding.Strict().DecodeString(strings.TrimRight(parts[0], "="))
	if err != nil {
		return rtp.Secret{}, errors.New("the key is no base64")
	}
	rest := parts[1:]
	if len(rest) > 0 && !strings.Contains(rest[0], ":") {
		if !isLifetime(rest[0]) {
			return rtp.Secret{}, errors.New("the lifetime of the key is malformed, or longer than 2^48 packets")
		}
		rest = rest[1:]
	}
	var mki []byte
	if len(rest) > 0 {
		if mki, err = parseMKI(rest[0]); err != nil {
			return rtp.Secret{}, err
		}
		rest = rest[1:]
	}
	if len(rest) > 0 {
		return rtp.Secret{}, errCryptoForm
	}
	return rtp.NewSecret(suite, key, mki)
}

// isLifetime reports whether a text is a number of packets from 1 to 2^48, as 2^N or in digits.
func isLifetime(text string) bool {
	if exponent, ok := strings.CutPrefix(text, "2^"); ok {
		n, err := strconv.ParseUint(exponent, 10, 8)
		return err == nil && n <= 48
	}
	n, err := strconv.ParseUint(text, 10, 64)
	return err == nil && n > 0 && n <= 1<<48
}

// parseMKI reads MKI:LENGTH, a number and how many bytes of a packet it takes.
func parseMKI(text string) ([]byte, error) {
	number, size, _ := strings.Cut(text, ":")
	length, err := strconv.ParseUint(size, 10, 8)
	if err != nil || length < 1 || length > 128 || number == "" || len(number) > 40 || !allDigits(number) {
		return nil, errors.New("the identifier of the key (MKI) is malformed, or longer than 128 bytes")
	}
	n, _ := new(big.Int).SetString(number, 10)
	if uint64(n.BitLen()) > 8*length {
		return nil, errors.New("the identifier of the key (MKI) does not fit into its length")
	}
	return n.FillBytes(make([]byte, length)), nil
}
