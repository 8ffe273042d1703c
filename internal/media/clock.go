package media

import "time"

// catchUp is how late a frame may be and still be sent in its slot; beyond it the slots missed are left out, which the
// caller hears as a gap instead of a burst of packets.
const catchUp = 5 * FrameTime

// clock says when the frames of one session are due: slot n is due n frames after the session began, however late the
// one before was.
type clock struct {
	began time.Time
	last  int64 // the slot handed out last; -1 for none
}

func newClock(now time.Time) clock { return clock{began: now, last: -1} }

// next hands out the slot for the next frame: the one after the last where that is not long past, else the next that is
// due.
func (c *clock) next(now time.Time) (slot int64, due time.Time) {
	slot = c.last + 1
	if late := now.Sub(c.due(slot)); late > catchUp || c.last < 0 && late > 0 {
		slot = int64((now.Sub(c.began) + FrameTime - 1) / FrameTime)
	}
	c.last = slot
	return slot, c.due(slot)
}

// resume hands out the slot for the first frame after silence, which may be late by no more than one frame.
func (c *clock) resume(now time.Time) (slot int64, due time.Time) {
	if now.Sub(c.due(c.last+1)) > FrameTime {
		c.last = int64((now.Sub(c.began)+FrameTime-1)/FrameTime) - 1
	}
	return c.next(now)
}

func (c *clock) due(slot int64) time.Time { return c.began.Add(time.Duration(slot) * FrameTime) }
