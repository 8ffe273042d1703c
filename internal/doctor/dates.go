package doctor

import (
	"slices"
	"strings"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/function"
)

// dates reports how the functions' engine formats dates and numbers differently from callfn's own. A function's Date is
// in the account's time zone, and in a rehearsal at the rehearsal's time, on every engine: `wh` replaces the engine's
// Date if it differs.
func (x *exam) dates() {
	const check = "dates and locales"
	engine := x.Dialect
	if engine == nil {
		database := func() (*datastore.Database, error) { return x.Site.Database(datastore.Functions), nil }
		engine = &function.ShowDialect{Database: database, Now: time.Now}
	}
	lacks, err := engine.Lacks(x.ctx)
	if err != nil {
		x.add(check, Unknown, "", "the engine of functions cannot be asked: %v", cause(err))
		return
	}
	var misses []string
	for _, l := range []struct{ feature, says string }{
		{"intl", "there is no Intl"},
		{"intl_zone", "Intl formats in the time zone of the engine's server where no timeZone is given"},
		{"locale_options", "toLocaleString does not know every locale and option, or none"},
	} {
		if slices.Contains(lacks, l.feature) {
			misses = append(misses, l.says)
		}
	}
	if len(misses) == 0 {
		x.add(check, OK, "", "Date is in the account's time zone, Intl too")
		return
	}
	x.add(check, Change, "run functions in our query server (language callfn), or in callfn itself; until then saving a "+
		"function warns of it",
		"Date is in the account's time zone, but %s", strings.Join(misses, ", and "))
}
