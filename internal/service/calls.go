package service

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"callfn/callflow"

	"callfn/internal/callrecord"
	"callfn/internal/calls"
)

// watchCalls starts what knows the calls in progress, keeps records of those that are over, and counts them; what waits
// to be recorded is written when the service closes.
func (s *Service) watchCalls(context.Context) error {
	records := callrecord.New(callrecord.Config{
		Datastores: s.stores, Random: rand.Reader, Now: time.Now, Log: s.log, Keep: s.cfg.CallRecordsFor,
	})
	s.onClose(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		records.Close(ctx)
	})
	s.metrics.CallRecords(records.Stats)
	s.inProgress = calls.NewRegistry(time.Now)
	s.inProgress.Observe(records)
	s.inProgress.Observe(s.metrics.Calls(s.inProgress.Count))
	return nil
}

// switches says what each configured switch can do for a call. One that speaks without an engine plays tones, which is
// no speech.
func (s *Service) switches() []callflow.Abilities {
	if len(s.cfg.SIP.Listen) == 0 {
		return nil
	}
	can := s.voice.Abilities()
	if s.voice.Speaker == nil {
		can = slices.DeleteFunc(can, func(a callflow.Ability) bool { return a == callflow.CanSpeak })
	}
	return []callflow.Abilities{can}
}
