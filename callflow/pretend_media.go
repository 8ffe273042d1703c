package callflow

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"
)

func (p *pretendCaller) Say(ctx context.Context, s Say) error {
	length := time.Duration(utf8.RuneCountInString(s.Text)) * time.Second / speechRate
	return p.hear(ctx, length.Truncate(time.Millisecond), false, nil)
}

func (p *pretendCaller) Sound(ctx context.Context, tones []Tone) error {
	var length time.Duration
	for _, t := range tones {
		length += (t.On + t.Off) * time.Duration(max(t.Repeat, 1))
	}
	return p.hear(ctx, min(length, maxMoment), false, nil)
}

// pretendMessage is how long a caller speaks who does not hang up earlier.
const pretendMessage = 10 * time.Second

// Record records until pretendMessage is over, or until the script's caller hangs up or presses a terminator.
func (p *pretendCaller) Record(ctx context.Context, r Recording) (time.Duration, error) {
	began := p.now
	err := p.hear(ctx, min(pretendMessage, r.Limit), false, r.Terminators)
	if errors.Is(err, ErrHungUp) && p.now > began {
		err = nil
	}
	return p.now - began, err
}

// HTTP answers from the script. It sends a real request only if the script asks for that and may.
func (p *pretendCaller) HTTP(ctx context.Context, r HTTPRequest) (HTTPResponse, error) {
	if err := p.up(ctx); err != nil {
		return HTTPResponse{}, err
	}
	reply, key, ok := p.script.httpReply(r.URL)
	if ok {
		p.markUsed("http", key)
	}
	switch {
	case !ok && p.web == nil:
		return HTTPResponse{}, ErrNotScripted
	case !ok:
		return p.realHTTP(ctx, r)
	}
	if !r.Forget {
		if err := p.pass(ctx, min(reply.After, r.Timeout)); err != nil {
			return HTTPResponse{}, err
		}
		if reply.After > r.Timeout {
			return HTTPResponse{}, ErrHTTPTimeout
		}
	}
	if reply.Error != "" {
		return HTTPResponse{}, errors.New(reply.Error)
	}
	return HTTPResponse{Status: reply.Status, ContentType: reply.ContentType, Body: reply.Body}, nil
}

// realHTTP sends the request to the web server. The call's clock advances by the time that the call waits for it.
func (p *pretendCaller) realHTTP(ctx context.Context, r HTTPRequest) (HTTPResponse, error) {
	r.Forget, r.Retries = false, 0 // a rehearsal shows the result
	began := time.Now()
	answer, err := p.web.HTTP(ctx, r)
	if err := p.pass(ctx, time.Since(began).Round(time.Millisecond)); err != nil {
		return HTTPResponse{}, err
	}
	return answer, err
}
