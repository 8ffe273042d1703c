package siptest

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/pion/srtp/v3"
)

// suites are the SRTP suites by their names in SDP.
var suites = map[string]srtp.ProtectionProfile{
	"AES_CM_128_HMAC_SHA1_80": srtp.ProtectionProfileAes128CmHmacSha1_80,
	"AES_CM_128_HMAC_SHA1_32": srtp.ProtectionProfileAes128CmHmacSha1_32,
	"AES_256_CM_HMAC_SHA1_80": srtp.ProtectionProfileAes256CmHmacSha1_80,
	"AES_256_CM_HMAC_SHA1_32": srtp.ProtectionProfileAes256CmHmacSha1_32,
	"AEAD_AES_128_GCM":        srtp.ProtectionProfileAeadAes128Gcm,
	"AEAD_AES_256_GCM":        srtp.ProtectionProfileAeadAes256Gcm,
}

// security is one side's way to encrypt.
type security struct {
	line    string // its a=crypto, without the key's parameters
	suite   string
	context *srtp.Context
}

// Secure has the phone offer SRTP with a new key, and encrypt from then on. tag and suite are those of a=crypto; after
// is what stands behind the key, such as a lifetime. It gives back the key as SDP has it.
func (a *Audio) Secure(tag, suite, after string) string {
	a.t.Helper()
	profile := suites[suite]
	keyBytes, err := profile.KeyLen()
	if err != nil {
		a.t.Fatalf("suite %q: %v", suite, err)
	}
	saltBytes, _ := profile.SaltLen()
	b := make([]byte, keyBytes+saltBytes)
	_, _ = rand.Read(b)
	var options []srtp.ContextOption
	if i := strings.LastIndexByte(after, '|'); strings.Contains(after, ":") {
		var number uint32
		var length int
		if _, err := fmt.Sscanf(after[i+1:], "%d:%d", &number, &length); err != nil || length != 4 {
			a.t.Fatalf("MKI %q: want one of 4 bytes", after)
		}
		options = append(options, srtp.MasterKeyIndicator(binary.BigEndian.AppendUint32(nil, number)))
	}
	context, err := srtp.CreateContext(b[:keyBytes], b[keyBytes:], profile, options...)
	if err != nil {
		a.t.Fatal(err)
	}
	key := base64.StdEncoding.EncodeToString(b)
	a.mu.Lock()
	defer a.mu.Unlock()
	line := fmt.Sprintf("a=crypto:%s %s inline:%s%s", tag, suite, key, after)
	a.ours = &security{line: line, suite: suite, context: context}
	a.seq &= 0x7FFF
	return key
}

// Open has the phone send, and expect, packets that anybody can read.
func (a *Audio) Open() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ours, a.theirs = nil, nil
}

// attributes are the phone's lines about encryption.
func (a *Audio) attributes() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ours == nil {
		return nil
	}
	return []string{a.ours.line}
}

// agree takes the other side's key out of an SDP.
func (a *Audio) agree(sdp string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, line := range strings.Split(sdp, "\r\n") {
		fields := strings.Fields(line)
		if len(fields) != 3 || !strings.HasPrefix(line, "a=crypto:") || a.theirs != nil && a.theirs.line == line ||
			a.ours != nil && a.ours.suite != fields[1] {
			continue
		}
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(fields[2], "inline:"))
		profile := suites[fields[1]]
		keyBytes, _ := profile.KeyLen()
		if err != nil || len(key) < keyBytes {
			a.t.Errorf("the server's %q has no key for its suite", fields[1])
			continue
		}
		context, err := srtp.CreateContext(key[:keyBytes], key[keyBytes:], profile, srtp.SRTPReplayProtection(64))
		if err != nil {
			a.t.Error(err)
			continue
		}
		a.theirs = &security{line: line, suite: fields[1], context: context}
	}
	if a.theirs != nil {
		for _, e := range a.early {
			a.take(e.packet, e.at)
		}
		a.early = nil
	}
}

// Key is the key that the other side gave, as SDP has it; empty where it gave none.
func (a *Audio) Key() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.theirs == nil {
		return ""
	}
	_, key, _ := strings.Cut(a.theirs.line, "inline:")
	return key
}

// Unreadable is how many packets came that the other side's key does not open.
func (a *Audio) Unreadable() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.unreadable
}

// SendRaw sends bytes as they are to where audio goes.
func (a *Audio) SendRaw(b []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, _ = a.socket.WriteToUDPAddrPort(b, a.to)
}

// Last is the packet that was sent last, as it went over the network.
func (a *Audio) Last() []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]byte(nil), a.last...)
}

// seal makes of a packet what goes over the network. a.mu is held.
func (a *Audio) seal(b []byte) []byte {
	if a.ours != nil {
		var err error
		if b, err = a.ours.context.EncryptRTP(nil, b, nil); err != nil {
			a.t.Error(err)
		}
	}
	a.last = b
	return b
}

// unseal reads a packet that came; nil where it cannot be read. a.mu is held.
func (a *Audio) unseal(b []byte) []byte {
	if a.theirs == nil {
		return b
	}
	b, err := a.theirs.context.DecryptRTP(nil, b, nil)
	if err != nil {
		a.unreadable++
		return nil
	}
	return b
}
