package function

import (
	"sync"
	"time"

	"callfn/internal/sandbox/datetime"
)

// ZoneTables are the tables of time zones that `wh` makes a Date of on engines whose own is in their server's zone.
// They are made once each; the tz database bounds their number. The zero value is ready, and it is safe for
// concurrent use.
type ZoneTables struct{ made sync.Map }

// of returns a zone's table, and "" for a zone that is not known: then the engine's own Date is all there is.
func (z *ZoneTables) of(name string) string {
	if table, ok := z.made.Load(name); ok {
		return table.(string)
	}
	loc, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return ""
	}
	table := datetime.In(loc).Table()
	z.made.Store(name, table)
	return table
}
