package service

import (
	"context"
	"time"

	"callfn/internal/outbound"
	"callfn/internal/secret"
)

// flushUses is how often the times of secrets' last uses are stored.
const flushUses = time.Minute

// openOutbound makes what sends the HTTP requests of functions, and what notes the uses of their secrets.
func (s *Service) openOutbound(ctx context.Context) error {
	s.outbound = outbound.New(outbound.Config{Allow: s.cfg.HTTPAllow})
	s.onClose(s.outbound.Close)
	s.metrics.OpenBreakers(s.outbound.Open)
	s.secretUses = secret.NewUses(s.secrets)
	s.background(ctx, s.storeUses)
	return nil
}

// storeUses stores uses until the service stops, and then what is left.
func (s *Service) storeUses(ctx context.Context) {
	tick := time.NewTicker(flushUses)
	defer tick.Stop()
	for {
		done := false
		select {
		case <-tick.C:
		case <-ctx.Done():
			done = true
		}
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		if err := s.secretUses.Flush(last); err != nil {
			s.log.Warn("cannot store when secrets were last used", "error", err)
		}
		cancel()
		if done {
			return
		}
	}
}
