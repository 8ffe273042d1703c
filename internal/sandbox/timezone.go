package sandbox

import (
	"fmt"
	"time"
	_ "time/tzdata" // a worker has no files to read zones from

	"callfn/internal/clip"
)

// zones caches the time zones that jobs have named, since reading one takes longer than a run. The tz database bounds
// their number.
type zones map[string]*time.Location

// find returns the zone of an IANA name, and UTC for "".
func (z zones) find(name string) (*time.Location, error) {
	if loc, ok := z[name]; ok {
		return loc, nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, fmt.Errorf("unknown time zone %q: use an IANA name such as Europe/Berlin", clip.Name(name))
	}
	z[name] = loc
	return loc, nil
}
