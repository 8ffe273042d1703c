package natskv

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"callfn/internal/kv"

	"github.com/nats-io/nats.go/jetstream"
)

// scanned is what an account stores: its messages without their values, by subject.
type scanned struct {
	newest   message
	messages map[string]message
}

// keys lists the keys of a pattern that have a message, which may be that of an expired or deleted one, sorted.
func (e *Engine) keys(ctx context.Context, pattern string) ([]kv.Key, error) {
	stream, err := e.open(ctx)
	if err != nil {
		return nil, err
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(pattern))
	if err != nil {
		return nil, e.lost(err)
	}
	keys := make([]kv.Key, 0, len(info.State.Subjects))
	for subject := range info.State.Subjects {
		if key, ok := keyOf(subject); ok {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, kv.Key.Compare)
	return keys, nil
}

// scan reads an account's messages, at least up to the one that is the last when it begins.
func (e *Engine) scan(ctx context.Context, account string) (scanned, error) {
	all := scanned{messages: map[string]message{}}
	newest, err := e.last(ctx, ofAccount(account))
	if err != nil || newest.seq == 0 {
		return all, err
	}
	err = e.read(ctx, ofAccount(account), newest.seq, func(m message) {
		all.messages[m.subject] = m
		all.newest = m
	})
	return all, err
}

const (
	fetchMost  = 5000
	fetchPause = 2 * time.Millisecond // for a replica that is behind
)

// read visits the messages of a subject, without their values, in order, at least up to a sequence.
func (e *Engine) read(ctx context.Context, subject string, upTo uint64, visit func(message)) error {
	ctx, cancel := context.WithTimeout(ctx, operationTime)
	defer cancel()
	stream, err := e.open(ctx)
	if err != nil {
		return err
	}
	consumer, err := stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		FilterSubject: subject, AckPolicy: jetstream.AckNonePolicy, HeadersOnly: true, MemoryStorage: true, Replicas: 1,
		InactiveThreshold: 2 * operationTime,
	})
	if err != nil {
		return e.lost(err)
	}
	name := consumer.CachedInfo().Name
	defer func() { _ = stream.DeleteConsumer(context.WithoutCancel(ctx), name) }()
	for at := uint64(0); at < upTo; {
		batch, err := consumer.FetchNoWait(fetchMost)
		if err != nil {
			return err
		}
		none := true
		for raw := range batch.Messages() {
			meta, err := raw.Metadata()
			if err != nil {
				return err
			}
			m, err := parse(raw.Subject(), meta.Sequence.Stream, raw.Headers(), nil)
			if err != nil {
				return err
			}
			none, at = false, m.seq
			if meta.NumPending == 0 {
				upTo = min(upTo, at) // what comes later is not in this reading
			}
			visit(m)
		}
		if err := batch.Error(); err != nil {
			return err
		}
		if none {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(fetchPause):
			}
		}
	}
	return nil
}

// eachAccount visits every account that has ever stored anything, sorted, with its ledger.
func (e *Engine) eachAccount(ctx context.Context, visit func(account string, l ledger) error) error {
	accounts, err := e.accounts(ctx)
	if err != nil {
		return err
	}
	for _, account := range accounts {
		newest, err := e.last(ctx, ofAccount(account))
		if err == nil {
			err = visit(account, newest.ledger)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) accounts(ctx context.Context) ([]string, error) {
	newest, err := e.last(ctx, ledgerSubject("*"))
	if err != nil || newest.seq == 0 {
		return nil, err
	}
	all := map[string]bool{}
	err = e.read(ctx, ledgerSubject("*"), newest.seq, func(m message) { all[accountOf(m.subject)] = true })
	return slices.Sorted(maps.Keys(all)), err
}

// clean takes what expired out of an account's count and removes the messages of expired and deleted keys. It returns
// how many entries had expired, or errOthersFirst.
func (e *Engine) clean(ctx context.Context, account string, now time.Time) (expired int, err error) {
	all, err := e.scan(ctx, account)
	if err != nil || all.newest.seq == 0 {
		return 0, err
	}
	use := all.newest.ledger
	use.Next, use.Dead = 0, 0
	var dead []uint64
	for subject, m := range all.messages {
		if _, ok := keyOf(subject); !ok {
			continue
		}
		switch {
		case m.deleted:
			dead = append(dead, m.seq)
		case m.live(now) == nil:
			if use.counts(m) {
				expired++
			}
			use.remove(m)
			dead = append(dead, m.seq)
		default:
			use.expiresAt(m.expires)
		}
	}
	use.Swept = max(use.Swept, now.UnixMilli())
	if _, err := e.publish(ctx, account, all.newest.seq, ledgerSubject(account), nil, use); err != nil {
		return 0, err
	}
	stream, err := e.open(ctx)
	for _, seq := range dead {
		if err != nil {
			return expired, err
		}
		if err = stream.DeleteMsg(ctx, seq); err != nil {
			if _, getErr := stream.GetMsg(ctx, seq); errors.Is(getErr, jetstream.ErrMsgNotFound) {
				err = nil // a write replaced it, or another process was here
			}
		}
	}
	return expired, err
}
