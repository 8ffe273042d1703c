package rtp

import (
	"encoding/binary"
	"errors"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"github.com/pion/transport/v5/replaydetector"
)

const (
	replayWindow = 64 // packets; the least of RFC 3711
	mostSources  = 64 // synchronisation sources whose state is kept for one key of the caller's
	longestTag   = 16 // what SRTP puts behind a packet, in bytes
	controlExtra = 4 + longestTag
)

// guard encrypts what a stream sends, and authenticates and decrypts what it receives. Its zero value leaves packets as
// they are.
type guard struct {
	on     bool // whatever cannot be encrypted is not sent, whatever cannot be authenticated is dropped
	agreed Security
	in     *opener
	before *opener // of the key that the caller had before, until the new one is heard
	out    *srtp.Context

	header         rtp.Header
	sealed         []byte
	audio, control []byte // opened last

	unauthentic, replayed uint64
}

// agree takes what offer and answer agreed on, nil for packets as they are. It reports whether what is sent from now on
// has another key, and so must be another source: the packets of one are numbered through.
func (g *guard) agree(s *Security) (anew bool) {
	if s == nil {
		g.on, g.agreed, g.in, g.before, g.out = false, Security{}, nil, nil, nil
		return false
	}
	suite := s.Suite == g.agreed.Suite
	if !g.on || !suite || !s.Theirs.Equal(g.agreed.Theirs) {
		g.before, g.in = g.in, newOpener(s.Suite, s.Theirs)
	}
	if !g.on || !suite || !s.Ours.Equal(g.agreed.Ours) {
		g.out, anew = nil, true
		if out, err := srtp.CreateContext(s.Ours.kept.key, s.Ours.kept.salt, s.Suite.profile); err == nil {
			g.out = out
		}
	}
	g.on, g.agreed = true, *s
	return anew
}

// seal encrypts a packet. The result is valid until the next.
func (g *guard) seal(b []byte, control bool) ([]byte, bool) {
	switch {
	case !g.on:
		return b, true
	case g.out == nil:
		return nil, false
	}
	var err error
	if control {
		g.sealed, err = g.out.EncryptRTCP(room(g.sealed, len(b)+controlExtra), b, nil)
	} else {
		g.sealed, err = g.out.EncryptRTP(room(g.sealed, len(b)+longestTag), b, &g.header)
	}
	return g.sealed, err == nil
}

// room is a buffer of no length with room for so many bytes, b where it has that.
func room(b []byte, size int) []byte {
	if cap(b) < size {
		b = make([]byte, size)
	}
	return b[:0]
}

// open authenticates and decrypts a packet. What is not the caller's, or was heard already, is counted and refused. The
// result is valid until the next of its kind.
func (g *guard) open(b []byte, control bool) ([]byte, bool) {
	if !g.on {
		return b, true
	}
	to := &g.audio
	if control {
		to = &g.control
	}
	replayed := false
	for _, key := range [...]*opener{g.in, g.before} {
		if key == nil {
			continue
		}
		plain, err := key.open(room(*to, len(b)), b, control)
		if err == nil {
			*to = plain
			if key == g.in {
				g.before = nil
			}
			return plain, true
		}
		replayed = replayed || errors.Is(err, errReplayed)
	}
	if replayed {
		g.replayed++
	} else {
		g.unauthentic++
	}
	return nil, false
}

var (
	errReplayed = errors.New("a packet that was heard already, or is too old to tell")
	errSources  = errors.New("too many sources for one key")
)

// opener opens the packets of one key of the caller's.
type opener struct {
	context            *srtp.Context
	replayed           bool // by the packet that is being opened
	sources, reporters int
}

// newOpener makes one; nil where the library refuses the key, so that nothing is taken.
func newOpener(s Suite, secret Secret) *opener {
	o := new(opener)
	detect := func() replaydetector.ReplayDetector {
		return noting{replaydetector.New(replayWindow, 1<<48-1), &o.replayed}
	}
	context, err := srtp.CreateContext(secret.kept.key, secret.kept.salt, s.profile,
		srtp.SRTPReplayDetectorFactory(detect), srtp.SRTCPReplayDetectorFactory(detect),
		srtp.MasterKeyIndicator(secret.kept.mki))
	if err != nil {
		return nil
	}
	o.context = context
	return o
}

// noting is a detector that notes what it rejects: the library's error for that is its own.
type noting struct {
	replaydetector.ReplayDetector
	rejected *bool
}

// Check implements replaydetector.ReplayDetector.
func (n noting) Check(number uint64) (func() bool, bool) {
	accept, ok := n.ReplayDetector.Check(number)
	*n.rejected = !ok
	return accept, ok
}

func (o *opener) open(dst, b []byte, control bool) ([]byte, error) {
	if len(b) < headerSize {
		return nil, errors.New("too short")
	}
	o.replayed = false
	known, count := o.known(b, control)
	if !known && *count >= mostSources {
		return nil, errSources
	}
	var plain []byte
	var err error
	if control {
		plain, err = o.context.DecryptRTCP(dst, b, nil)
	} else {
		plain, err = o.context.DecryptRTP(dst, b, nil)
	}
	switch {
	case err != nil && o.replayed:
		return nil, errReplayed
	case err != nil:
		return nil, err
	case !known:
		*count++
	}
	return plain, nil
}

// known reports whether a packet's source was heard before, and where sources of its kind are counted.
func (o *opener) known(b []byte, control bool) (known bool, count *int) {
	if control {
		_, known = o.context.Index(binary.BigEndian.Uint32(b[4:]))
		return known, &o.reporters
	}
	_, known = o.context.ROC(binary.BigEndian.Uint32(b[8:]))
	return known, &o.sources
}
