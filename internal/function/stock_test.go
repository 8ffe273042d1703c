package function_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"callfn/internal/function"
	"callfn/internal/function/runnertest"
	"callfn/internal/runs"
	"callfn/internal/sandbox/sandboxtest"
)

// stockEngines are engines that know no zone and no clock of a call: SpiderMonkey's shell, by its names, and Node.
var stockEngines = []string{"js128", "js115", "js102", "js91", "js78", "node"}

// leaveOnStock is what an engine without limits does not survive.
var leaveOnStock = []string{
	"endless_loop", "native_loop", "memory_bomb", "zz_changes_intrinsics",
	"zz_changes_intrinsics_then",
}

// differsOnSpiderMonkey is what older versions may do otherwise. Node's ICU is as new as the sandbox's data.
var differsOnSpiderMonkey = map[string]string{
	"locale": "its Intl is as old as it is: dateStyle is ignored before version 79",
}

// A function has the account's local time and a rehearsal's clock on engines that have neither.
func TestStockEngines(t *testing.T) {
	script, err := filepath.Abs("testdata/queryserver.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, engine := range stockEngines {
		t.Run(engine, func(t *testing.T) {
			path, err := exec.LookPath(engine)
			if err != nil {
				t.Skipf("%s is not here: install it (Debian: libmozjs-78-dev has js78, nodejs has node) and run the test again",
					engine)
			}
			servers := queryServers(t, path+" "+script)
			if lacks, err := servers.Lacks(t.Context()); err != nil || !slices.Contains(lacks, "intl_zone") {
				t.Errorf("got %v %v, want what is said of the account's zone in Intl when a function is saved", lacks, err)
			}
			p := direct(t, servers)
			p.NoLogs, p.NoPositions, p.Leave = true, true, leaveOnStock
			if engine != "node" {
				p.May = differsOnSpiderMonkey
			}
			runnertest.Run(t, p)
			compareDates(t, p)
		})
	}
}

// localDates tells of moments, of the local dates near them, built in every way, and of each method of Date that is
// about local time.
const localDates = `
function two(n) { return (n < 10 ? '0' : '') + n; }
return JSON.parse(call.moments).map(function (ms) {
	var at = new Date(ms), y = at.getFullYear(), mo = at.getMonth(), d = at.getDate(), out = [];
	for (var h = 0; h < 27; h++) {
		var made = new Date(y, mo, d, h, 30, 5, 7), set = new Date(ms);
		var iso = new Date(y + '-' + two(mo + 1) + '-' + two(d) + 'T' + two(h % 24) + ':30:05.250');
		set.setHours(h, 30);
		out.push(made.getTime(), set.getTime(), iso.getTime());
		out.push(Date.parse(mo + 1 + '/' + d + '/' + y + ' ' + (h % 24) + ':15'));
	}
	['Milliseconds', 'Seconds', 'Minutes', 'Date', 'Month', 'FullYear', 'Year'].forEach(function (name, i) {
		var t = new Date(ms);
		out.push(t['set' + name]([-1, 90, -75, 32, 14, 2031, 99][i]), t.getTime());
	});
	['FullYear', 'Month', 'Date', 'Hours', 'Minutes', 'Seconds', 'Milliseconds', 'Day', 'Year',
		'TimezoneOffset'].forEach(function (name) { out.push(at['get' + name]()); });
	out.push(String(at).replace(/ [(].*/, ''), at.toDateString(), at.toTimeString().slice(0, 17), at.toISOString());
	out.push(JSON.stringify(at), at + 0, at - 0);
	return out;
}).concat([[
	new Date(NaN).getHours() + '', new Date(2026, NaN).getTime() + '', new Date(2026, 0, 1, 24 * 400).getTime(),
	new Date(99, 0).getFullYear(), new Date(275760, 8, 14).getTime() + '',
	new Date('nonsense').getTime() + '', new Date({valueOf: function () { return 7; }}).getTime(),
	new Date(new Date(9)).getTime(),
	new Date('2026-01-01').getTime(), new Date('Thu, 01 Jan 2026 09:00:00 GMT').getTime(),
	new Date('2026-01-01T09:00+02:00').getTime(), new Date(null).getTime(),
	new Date(NaN).setFullYear(2026), new Date(0).setHours() + '', typeof Date(), Date.length, Date.name,
	new Date(5).constructor === Date, Date.UTC(2026, 1),
	Object.prototype.toString.call(new Date()),
	(function () { try { Date.prototype.getHours.call({}); } catch (e) { return e instanceof TypeError; } })()
]]);`

// compareDates runs localDates in the place and in the sandbox, which other tests compare with the tz database.
func compareDates(t *testing.T, p runnertest.Place) {
	t.Helper()
	right := direct(t, function.Sandbox{Eval: sandboxtest.Pool(t, 1), Wh: wh(t)})
	const id = "d00000000000000000000000000000d0"
	for _, place := range []runnertest.Place{p, right} {
		err := place.Store(t.Context(), map[string]any{
			"_id": id, "name": "dates", "function_js": localDates, "pvt_type": "function", "pvt_account_id": runnertest.Account,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, zone := range []string{
		"", "America/Los_Angeles", "America/New_York", "America/St_Johns", "America/Santiago", "America/Nuuk",
		"Europe/Berlin", "Europe/Dublin", "Africa/Casablanca",
		"Africa/Monrovia", "Asia/Kolkata", "Asia/Tehran", "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Auckland",
		"Pacific/Chatham", "Pacific/Apia", "Pacific/Kiritimati",
	} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		moments, err := json.Marshal(momentsOf(loc))
		if err != nil {
			t.Fatal(err)
		}
		ask := function.Evaluation{
			Terms:    runs.Terms{TimeZone: zone, Deadline: 5 * time.Second},
			Function: id,
			Params:   map[string]string{"Account-ID": runnertest.Account, "moments": string(moments)},
		}
		var got, want [][]any
		answer(t, p, ask, &got)
		answer(t, right, ask, &want)
		wrong := 0
		for i := range want {
			for n := range want[i] {
				if i < len(got) && n < len(got[i]) && got[i][n] == want[i][n] {
					continue
				}
				if wrong++; wrong < 4 {
					t.Errorf("%s, answer %d of moment %d of %s: got %v, want %v", zone, n, i, moments, got[i][n], want[i][n])
				}
			}
		}
	}
}

// momentsOf are a few on each side of changes of the zone's offset, and some that are far away.
func momentsOf(loc *time.Location) (list []int64) {
	for _, year := range []int{1975, 1995, 2011, 2026, 2037, 2040, 2068} {
		if year > 2065 && loc.String() == "Africa/Casablanca" {
			continue // a zone's table ends in 2065: what goes on after the moon is not in it
		}
		t := time.Date(year, 1, 1, 12, 0, 0, 0, time.UTC)
		list = append(list, t.UnixMilli())
		for end := t.AddDate(1, 0, 0); t.Before(end); t = t.Add(6 * time.Hour) {
			_, before := t.In(loc).Zone()
			_, after := t.Add(6 * time.Hour).In(loc).Zone()
			if before != after {
				list = append(list, t.UnixMilli(), t.Add(6*time.Hour).UnixMilli())
			}
		}
	}
	return list
}

func answer(t *testing.T, p runnertest.Place, e function.Evaluation, into any) {
	t.Helper()
	e.Run = runs.ID(fmt.Sprintf("%032x", time.Now().UnixNano()))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	got, err := p.Driver.Evaluate(ctx, e)
	if err != nil || got.Outcome != runs.OK {
		t.Fatalf("%s: got %s %+v %v, want ok", e.TimeZone, got.Outcome, got.Error, err)
	}
	if err := json.Unmarshal(got.Value, into); err != nil {
		t.Fatal(err)
	}
}
