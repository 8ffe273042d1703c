package service

import (
	"context"

	"callfn/internal/outbound"
)

// openOutbound makes what sends the HTTP requests of functions.
func (s *Service) openOutbound(context.Context) error {
	s.outbound = outbound.New(outbound.Config{Allow: s.cfg.HTTPAllow})
	s.onClose(s.outbound.Close)
	s.metrics.OpenBreakers(s.outbound.Open)
	return nil
}
