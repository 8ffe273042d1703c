package natskv

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"callfn/internal/kv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Headers of a message.
const (
	headerLedger  = "Callfn-Ledger"  // of the account, after this message
	headerExpires = "Callfn-Expires" // ms since 1970; absent for never
	headerSize    = "Callfn-Size"    // what the entry takes of the quota
	headerDeleted = "Callfn-Deleted" // the key has no entry any more
)

// message is a message of the stream; the zero one is none.
type message struct {
	subject string
	seq     uint64
	deleted bool
	expires int64 // ms since 1970; 0 for never
	size    int64
	ledger  ledger
	value   json.RawMessage // nil where only headers were read
}

// live returns the entry of a message, or nil.
func (m message) live(now time.Time) *kv.Entry {
	if m.seq == 0 || m.deleted || m.expires != 0 && m.expires <= now.UnixMilli() {
		return nil
	}
	e := &kv.Entry{Value: m.value, Version: m.seq}
	if m.expires != 0 {
		e.Expires = time.UnixMilli(m.expires).UTC()
	}
	return e
}

// parse reads a message.
func parse(subject string, seq uint64, header nats.Header, data []byte) (message, error) {
	m := message{subject: subject, seq: seq, deleted: header.Get(headerDeleted) != "", value: data}
	err := json.Unmarshal([]byte(header.Get(headerLedger)), &m.ledger)
	if text := header.Get(headerExpires); err == nil && text != "" {
		m.expires, err = strconv.ParseInt(text, 10, 64)
	}
	if text := header.Get(headerSize); err == nil && text != "" {
		m.size, err = strconv.ParseInt(text, 10, 64)
	}
	if err != nil {
		return message{}, fmt.Errorf("message %d of %s is not callfn's: %w", seq, subject, err)
	}
	return m, nil
}

// last reads the last message of a subject, which may be a pattern; the zero message for none.
func (e *Engine) last(ctx context.Context, subject string) (message, error) {
	stream, err := e.open(ctx)
	if err != nil {
		return message{}, err
	}
	raw, err := stream.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return message{}, nil
	}
	if err != nil {
		return message{}, e.lost(err)
	}
	return parse(raw.Subject, raw.Sequence, raw.Header, raw.Data)
}

// publish stores a message on the condition that the account's last one is still the one with a sequence, else it
// returns errOthersFirst. entry is nil for a key that is deleted, and for the account's own subject.
func (e *Engine) publish(ctx context.Context, account string, after uint64, subject string, entry *kv.Entry, l ledger) (
	seq uint64, err error,
) {
	m := nats.NewMsg(subject)
	text, err := json.Marshal(l)
	if err != nil {
		return 0, err
	}
	m.Header.Set(headerLedger, string(text))
	key, isKey := keyOf(subject)
	switch {
	case entry != nil:
		m.Data = entry.Value
		m.Header.Set(headerSize, strconv.FormatInt(kv.Size(key, entry.Value), 10))
		if !entry.Expires.IsZero() {
			m.Header.Set(headerExpires, strconv.FormatInt(millis(entry.Expires), 10))
		}
	case isKey:
		m.Header.Set(headerDeleted, "1")
	}
	ack, err := e.js.PublishMsg(ctx, m, jetstream.WithExpectLastSequenceForSubject(after, ofAccount(account)),
		jetstream.WithExpectStream(e.cfg.Stream), jetstream.WithRetryAttempts(0))
	if refused, ok := errors.AsType[*jetstream.APIError](err); ok && (refused.ErrorCode == wrongSequence ||
		refused.ErrorCode == wrongSequenceConstant) {
		return 0, errOthersFirst
	}
	if err != nil {
		return 0, e.lost(err)
	}
	return ack.Sequence, nil
}

// Error codes of JetStream: the condition of a message does not hold.
const (
	wrongSequence         = 10071
	wrongSequenceConstant = 10164
)
