package callflow

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"callfn/internal/clip"
)

// unused lists the script's entries that did not affect the call, by their place in the script: keys that nothing
// collected, answers of phones that were not rung or not needed, web addresses that were not requested, a hangup that
// came too late.
func (p *pretendCaller) unused(hangUpScripted bool) []string {
	out := slices.Clone(p.dropped)
	for i, press := range p.script.Digits[min(p.pressed, len(p.script.Digits)):] {
		digits := press.Digits
		if i == 0 {
			digits = digits[p.used:]
		}
		out = append(out, "digits "+digits)
	}
	for _, key := range slices.Sorted(maps.Keys(p.script.Answers)) {
		if !p.entriesUsed["answers "+key] {
			out = append(out, "answers "+clip.Text(key, 100))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(p.script.HTTP)) {
		if !p.entriesUsed["http "+key] {
			out = append(out, "http "+clip.Text(key, 100))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(p.script.Media)) {
		if !p.entriesUsed["media "+key] {
			out = append(out, "media "+clip.Text(key, 100))
		}
	}
	if hangUpScripted && p.now < p.script.HangUpAfter {
		out = append(out, fmt.Sprintf("hang up after %s", p.script.HangUpAfter.Round(time.Millisecond)))
	}
	return out
}
