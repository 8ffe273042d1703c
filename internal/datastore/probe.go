package datastore

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// startWatch starts probing the server in the background, unless it is being probed already.
func (b *breaker) startWatch() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.watching || b.stop.Err() != nil {
		return
	}
	b.watching = true
	b.watchers.Add(1)
	go b.watch()
}

// watch finds out whether the server is down. If so, it opens the breaker and waits until the server is back.
func (b *breaker) watch() {
	defer b.watchers.Done()
	cause := b.probeAll()
	if cause == nil {
		b.endWatch()
		return
	}
	b.mu.Lock()
	b.open.Store(true)
	b.cutOff(errCutOff)
	grace := time.AfterFunc(b.patience.grace, b.outlast)
	b.mu.Unlock()
	b.report(true, cause)
	defer grace.Stop()
	if !b.awaitAnswer() {
		b.endWatch()
		return
	}
	b.mu.Lock()
	grace.Stop()
	back := b.back
	b.renew()
	b.open.Store(false)
	close(back)
	b.watching = false
	b.mu.Unlock()
	b.report(false, nil)
}

func (b *breaker) endWatch() {
	b.mu.Lock()
	b.watching = false
	b.mu.Unlock()
}

// probeAll returns the last probe's error if all probes failed. It returns nil if the server answered one of them, or
// another request meanwhile.
func (b *breaker) probeAll() error {
	var err error
	before := b.answered.Load()
	for _, limit := range b.patience.probes {
		err = b.probe(b.stop, b.distance.atLeast(limit))
		if err == nil || b.stop.Err() != nil || b.answered.Load() != before {
			return nil
		}
	}
	return err
}

// awaitAnswer probes until the server is back or the breaker is closed. Probes with a long limit find a server that is
// farther away than before. Probes with a short limit find a server that is back while a long probe still hangs.
func (b *breaker) awaitAnswer() bool {
	ctx, cancel := context.WithCancel(b.stop)
	defer cancel()
	longest := b.patience.probes[len(b.patience.probes)-1]
	var probes sync.WaitGroup
	probes.Go(func() {
		b.probeUntilAnswer(ctx, func() time.Duration { return b.distance.atLeast(longest) }, func(time.Duration) { cancel() })
	})
	probes.Go(func() {
		b.probeUntilAnswer(ctx, func() time.Duration { return b.patience.far }, func(took time.Duration) {
			b.distance.reset(took)
			cancel()
		})
	})
	probes.Wait()
	return b.stop.Err() == nil
}

// probeUntilAnswer probes until the server answers, and passes on how long the answer took.
func (b *breaker) probeUntilAnswer(ctx context.Context, limit func() time.Duration, answered func(time.Duration)) {
	for ctx.Err() == nil {
		begun := time.Now()
		if b.probe(ctx, limit()) == nil {
			answered(time.Since(begun))
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(b.patience.again):
		}
	}
}

// probe sends one probe with a time limit.
func (b *breaker) probe(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return probe(ctx, b.inner, b.root)
}

// probe asks the server whether it is there. Any answer but a gateway's failure will do, even a refusal of credentials.
func probe(ctx context.Context, t http.RoundTripper, root *url.URL) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, root.String()+"/_up", nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", "callfn")
	resp, err := t.RoundTrip(req)
	if err != nil {
		return withoutURL(err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 4<<10)) // lets the socket be reused
	if gatewayFailure(resp.StatusCode) {
		return fmt.Errorf("it answers status %d", resp.StatusCode)
	}
	return nil
}
