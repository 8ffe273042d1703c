package media

import (
	"context"
	"strings"
	"time"
)

// Collection says how long to wait for which keys: to the first of Terminators (which is not part of the result), to
// Max keys, until the first key does not come within Timeout, or the next within Interdigit.
type Collection struct {
	Max                 int
	Timeout, Interdigit time.Duration
	Terminators         string
}

// Collect takes the keys that were pressed before, then those pressed in time. None is no error.
func (s *Session) Collect(ctx context.Context, c Collection) (string, error) {
	var got strings.Builder
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for wait := c.Timeout; got.Len() < c.Max; wait = c.Interdigit {
		key, ok, err := s.nextKey(ctx, timer, wait)
		if err != nil {
			return "", err
		}
		if !ok || strings.IndexByte(c.Terminators, key) >= 0 {
			break
		}
		got.WriteByte(key)
	}
	return got.String(), s.Over(ctx)
}

// nextKey waits for one key.
func (s *Session) nextKey(ctx context.Context, timer *time.Timer, wait time.Duration) (byte, bool, error) {
	deadline := s.now().Add(wait)
	for {
		if err := s.Over(ctx); err != nil {
			return 0, false, err
		}
		if key, ok := s.keys.next(); ok {
			return key, true, nil
		}
		if !s.await(ctx, timer, deadline) {
			return 0, false, nil
		}
	}
}
