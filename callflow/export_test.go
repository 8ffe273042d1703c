package callflow

import (
	"context"
	"time"
)

// RetryAfter changes how long a Web waits before it sends again.
func (w *Web) RetryAfter(d time.Duration) { w.again = d }

// Pretend is the pretend caller with a record of what he heard.
type Pretend struct {
	*pretendCaller
	Heard []Piece
}

// Piece is one thing heard, and its length.
type Piece struct {
	What string
	For  time.Duration
}

// NewPretend returns a pretend caller with a script.
func NewPretend(s Script) *Pretend { return &Pretend{pretendCaller: &pretendCaller{script: s}} }

func (p *Pretend) Play(ctx context.Context, m Media) error {
	return p.listen(m.Name, func() error { return p.pretendCaller.Play(ctx, m) })
}

func (p *Pretend) Speak(ctx context.Context, s Speech) error {
	return p.listen("speech", func() error { return p.pretendCaller.Speak(ctx, s) })
}

func (p *Pretend) Say(ctx context.Context, s Say) error {
	return p.listen("say", func() error { return p.pretendCaller.Say(ctx, s) })
}

func (p *Pretend) Sound(ctx context.Context, tones []Tone) error {
	return p.listen("tone", func() error { return p.pretendCaller.Sound(ctx, tones) })
}

func (p *Pretend) listen(what string, play func() error) error {
	began := p.now
	err := play()
	if p.now > began {
		p.Heard = append(p.Heard, Piece{What: what, For: p.now - began})
	}
	return err
}
