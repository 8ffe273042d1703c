package storageplan

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"callfn/internal/clip"
	"callfn/internal/datastore"
	"callfn/internal/doctor"
)

// planSite is the site of findings about the plan itself.
const planSite = "storage plan"

// Examine examines every connection of the plan in force and checks that databases are where the plan wants them. base
// has Deadline, MaxTarget, Now and Direct of each examination. It leaves out the connections Main and Functions.
func (r *Resolver) Examine(ctx context.Context, base doctor.Examination) []doctor.Finding {
	s := r.current.Load()
	findings := r.places()
	tags := slices.Sorted(maps.Keys(s.plan.Connections))
	for tag := range s.opened {
		tags = append(tags, tag) // connections that left the plan while a database is still there
	}
	slices.Sort(tags)
	tags = slices.DeleteFunc(slices.Compact(tags), func(tag Tag) bool { return tag == Local || tag == Flagged })
	results := make([][]doctor.Finding, len(tags))
	var wg sync.WaitGroup
	for i, tag := range tags {
		wg.Go(func() {
			on, err := s.connection(tag)
			if err != nil {
				results[i] = []doctor.Finding{{
					Site: planSite, Check: "connection " + string(tag), Status: doctor.Broken,
					Says: err.Error(), Fix: "send the plan with that connection's settings again",
				}}
				return
			}
			e := base
			e.Site = site(on, r.Overview().On(tag), r.cfg.Direct, r.cfg.Log)
			results[i] = doctor.Examine(ctx, e)
		})
	}
	wg.Wait()
	return append(findings, slices.Concat(results...)...)
}

// places compares where each database is with where the plan wants it.
func (r *Resolver) places() []doctor.Finding {
	plan, overview, migrations := r.Plan(), r.Overview(), r.unfinished()
	var findings []doctor.Finding
	for _, database := range datastore.Databases() {
		home, wanted := overview.Databases[database].Connection, Resolve(plan, database, "")
		f := doctor.Finding{Site: planSite, Check: database, Status: doctor.OK, Says: "on " + plan.describe(home)}
		if m, moving := migrations[database]; moving {
			f.Says += fmt.Sprintf("; a migration from %s to %s is %s", m.From, m.To, m.State)
		} else if home != wanted {
			f.Status, f.Says = doctor.Change, f.Says+", and the plan wants it on "+plan.describe(wanted)
			f.Fix = "apply the plan again, or one that leaves it there"
		}
		findings = append(findings, f)
	}
	return findings
}

// describe names a connection for people.
func (p Plan) describe(tag Tag) string {
	if name := strings.TrimSpace(p.Connections[tag].Name); name != "" {
		return fmt.Sprintf("%s (%s)", tag, clip.Name(name))
	}
	return string(tag)
}
