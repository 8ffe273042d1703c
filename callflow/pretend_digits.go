package callflow

import (
	"context"
	"slices"
	"time"
)

// interrupted returns when the caller next presses one of the terminators. Keys that were pressed earlier end nothing,
// nor does one that already ended something. Presses on demand never interrupt.
func (p *pretendCaller) interrupted(terminators []string) (time.Duration, bool) {
	for i, press := range p.script.Digits[min(p.pressed, len(p.script.Digits)):] {
		if press.WhenAsked || press.At < p.now || p.cut != nil && press.At <= *p.cut {
			continue
		}
		digits := press.Digits
		if i == 0 {
			digits = digits[p.used:]
		}
		for _, digit := range digits {
			if slices.Contains(terminators, string(digit)) {
				return press.At, true
			}
		}
	}
	return 0, false
}

// Collect returns what was pressed before, then what is pressed in time. The digits of one press on demand answer one
// collection: the rest of them is dropped.
func (p *pretendCaller) Collect(ctx context.Context, c Collect) (string, error) {
	if err := p.up(ctx); err != nil {
		return "", err
	}
	digits, wait := "", c.Timeout
	for len(digits) < c.Max {
		digit, ok, err := p.nextDigit(ctx, wait, digits != "")
		if err != nil {
			return "", err
		}
		if !ok || slices.Contains(c.Terminators, digit) {
			break
		}
		digits, wait = digits+digit, c.Interdigit
	}
	p.dropDemanded()
	return digits, nil
}

// nextDigit returns the next digit pressed within wait. begun is true if the collection has some already.
func (p *pretendCaller) nextDigit(ctx context.Context, wait time.Duration, begun bool) (string, bool, error) {
	if p.pressed >= len(p.script.Digits) {
		return "", false, p.pass(ctx, wait)
	}
	press := p.script.Digits[p.pressed]
	if press.WhenAsked && begun && p.used == 0 {
		return "", false, p.pass(ctx, wait) // it answers the next collection
	}
	if !press.WhenAsked {
		if press.At > p.now+wait {
			return "", false, p.pass(ctx, wait)
		}
		if err := p.pass(ctx, max(0, press.At-p.now)); err != nil {
			return "", false, err
		}
	}
	digit := press.Digits[p.used : p.used+1]
	if p.used++; p.used == len(press.Digits) {
		p.pressed, p.used = p.pressed+1, 0
	}
	return digit, true, nil
}

func (p *pretendCaller) dropDemanded() {
	if p.pressed < len(p.script.Digits) && p.used > 0 && p.script.Digits[p.pressed].WhenAsked {
		p.drop("the collection took no more")
	}
}

// drop drops the rest of the next press.
func (p *pretendCaller) drop(why string) {
	p.dropped = append(p.dropped, "digits "+p.script.Digits[p.pressed].Digits[p.used:]+" ("+why+")")
	p.pressed, p.used = p.pressed+1, 0
}

// Flush drops what was pressed until now.
func (p *pretendCaller) Flush(ctx context.Context) error {
	for p.pressed < len(p.script.Digits) && !p.script.Digits[p.pressed].WhenAsked &&
		p.script.Digits[p.pressed].At <= p.now {
		p.drop("flushed")
	}
	return p.up(ctx)
}
