package sandbox_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

// zonesOfNote have unusual changes of their offset, now or in the past.
var zonesOfNote = []string{
	"", "UTC", "America/New_York", "America/Los_Angeles", "America/Phoenix", "America/St_Johns",
	"America/Caracas", "America/Sao_Paulo", "America/Santiago", "America/Nuuk", "America/Scoresbysund",
	"America/Havana", "America/Adak", "Europe/London", "Europe/Dublin", "Europe/Berlin", "Europe/Lisbon",
	"Europe/Istanbul", "Europe/Moscow", "Africa/Casablanca", "Africa/Cairo", "Africa/Monrovia", "Asia/Kolkata",
	"Asia/Kathmandu", "Asia/Tehran", "Asia/Gaza", "Asia/Jerusalem", "Asia/Pyongyang", "Asia/Manila",
	"Australia/Sydney", "Australia/Lord_Howe", "Australia/Adelaide", "Pacific/Auckland", "Pacific/Chatham",
	"Pacific/Apia", "Pacific/Kiritimati", "Pacific/Kwajalein", "Antarctica/Troll", "Antarctica/Casey",
	"America/Indiana/Winamac", "Etc/GMT+12",
}

// localDates is a show: req.cases are local dates as lists of year, month (from 0), day, hour, minute and second. Of
// each it tells what every way to build that date gives, and what every method tells of the first of them.
const localDates = `function (doc, req) {
	function two(n) { return (n < 10 ? '0' : '') + n; }
	return {json: req.cases.map(function (c) {
		var y = c[0], mo = c[1], d = c[2], h = c[3], mi = c[4], s = c[5];
		var date = new Date(y, mo, d, h, mi, s), noon = new Date(y, mo, d, 12), t;
		var iso = y >= 0 && y < 10000 ? ('000' + y).slice(-4) : (y < 0 ? '-' : '+') + ('00000' + Math.abs(y)).slice(-6);
		var clock = two(h) + ':' + two(mi) + ':' + two(s);
		var months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
		function set(name, base) {
			t = new Date(base);
			t[name].apply(t, Array.prototype.slice.call(arguments, 2));
			return t.getTime();
		}
		return [
			[date.getTime(), new Date(iso + '-' + two(mo + 1) + '-' + two(d) + 'T' + clock).getTime(),
				y > 999 ? Date.parse(months[mo] + ' ' + d + ', ' + y + ' ' + clock) : date.getTime(),
				set('setFullYear', new Date(2000, 0, 1, h, mi, s), y, mo, d)],
			[set('setHours', noon, h, mi, s), set('setHours', noon, h), set('setMinutes', noon, h * 60 + mi, s),
				set('setSeconds', noon, h * 3600 + mi * 60 + s), set('setMilliseconds', noon, -1),
				set('setDate', noon, d + 1), set('setMonth', noon, mo + 1), set('setFullYear', noon, y + 1)],
			[date.getFullYear(), date.getMonth(), date.getDate(), date.getHours(), date.getMinutes(), date.getSeconds(),
				date.getMilliseconds(), date.getDay(), date.getTimezoneOffset()],
			String(date)
		];
	})};
}`

// oracle computes the same with package time alone.
type oracle struct{ loc *time.Location }

// utc finds the earliest moment that the zone's clocks show the local date at; in a gap it goes on from the clock
// before it.
func (o oracle) utc(y, mo, d, h, mi, s, ms int) int64 {
	local := time.Date(y, time.Month(mo+1), d, h, mi, s, ms*1e6, time.UTC)
	var offsets []int
	for t := local.Add(-27 * time.Hour); t.Before(local.Add(27 * time.Hour)); t = t.Add(15 * time.Minute) {
		_, offset := t.In(o.loc).Zone()
		if len(offsets) == 0 || offsets[len(offsets)-1] != offset {
			offsets = append(offsets, offset)
		}
	}
	var found []int64
	for _, offset := range offsets {
		t := local.Add(-time.Duration(offset) * time.Second)
		if _, shown := t.In(o.loc).Zone(); shown == offset {
			found = append(found, t.UnixMilli())
		}
	}
	if len(found) > 0 {
		sort.Slice(found, func(i, j int) bool { return found[i] < found[j] })
		return found[0]
	}
	for i := range offsets[:len(offsets)-1] {
		t := local.Add(-time.Duration(offsets[i]) * time.Second)
		if _, shown := t.In(o.loc).Zone(); shown == offsets[i+1] {
			return t.UnixMilli()
		}
	}
	panic(fmt.Sprint("no time for ", local, " in ", o.loc))
}

func (o oracle) want(c [6]int) [4]any {
	y, mo, d, h, mi, s := c[0], c[1], c[2], c[3], c[4], c[5]
	made := o.utc(y, mo, d, h, mi, s, 0)
	at := time.UnixMilli(o.utc(y, mo, d, 12, 0, 0, 0)).In(o.loc) // noon, as far as there is one
	ny, nmo, nd, nh, nmi := at.Year(), int(at.Month())-1, at.Day(), at.Hour(), at.Minute()
	t := time.UnixMilli(made).In(o.loc)
	_, offset := t.Zone()
	year := fmt.Sprintf("%04d", t.Year())
	if t.Year() < 0 {
		year = fmt.Sprintf("%05d", t.Year())
	}
	sign, east := '+', offset
	if offset < 0 {
		sign, east = '-', -offset
	}
	return [4]any{
		[]int64{made, made, made, made},
		[]int64{
			o.utc(ny, nmo, nd, h, mi, s, 0), o.utc(ny, nmo, nd, h, nmi, at.Second(), 0),
			o.utc(ny, nmo, nd, nh, h*60+mi, s, 0), o.utc(ny, nmo, nd, nh, nmi, h*3600+mi*60+s, 0),
			o.utc(ny, nmo, nd, nh, nmi, at.Second(), -1), o.utc(ny, nmo, d+1, nh, nmi, at.Second(), 0),
			o.utc(ny, mo+1, nd, nh, nmi, at.Second(), 0), o.utc(y+1, nmo, nd, nh, nmi, at.Second(), 0),
		},
		[]float64{
			float64(t.Year()), float64(t.Month() - 1), float64(t.Day()), float64(t.Hour()), float64(t.Minute()),
			float64(t.Second()), 0, float64(t.Weekday()), float64(-offset)/60 + 0,
		},
		fmt.Sprintf("%s%s%s%c%02d%02d",
			t.Format("Mon Jan 02 "), year, t.Format(" 15:04:05 GMT"), sign, east/3600, east/60%60),
	}
}

// casesOf are local dates around each change of the zone's offset in some years, over New Year, and far away.
func casesOf(loc *time.Location, years []int) (cases [][6]int) {
	add := func(local time.Time) {
		y, m, d := local.Date()
		cases = append(cases, [6]int{y, int(m) - 1, d, local.Hour(), local.Minute(), local.Second()})
	}
	for _, year := range years {
		for t := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC); t.Year() == year; t = t.Add(24 * time.Hour) {
			at := t
			_, before := at.In(loc).Zone()
			_, after := at.Add(24 * time.Hour).In(loc).Zone()
			if before == after {
				continue
			}
			n := sort.Search(24*3600, func(n int) bool {
				_, o := at.Add(time.Duration(n) * time.Second).In(loc).Zone()
				return o != before
			})
			change := at.Add(time.Duration(n) * time.Second)
			for _, offset := range []int{before, after} {
				wall := change.Add(time.Duration(offset) * time.Second)
				for _, near := range []int{-9 * 3600, -61 * 60, -1, 0, 20 * 60, 61 * 60, 9 * 3600} {
					add(wall.Add(time.Duration(near) * time.Second))
				}
			}
		}
		add(time.Date(year, 12, 31, 23, 30, 0, 0, time.UTC))
		add(time.Date(year, 1, 1, 0, 30, 0, 0, time.UTC))
	}
	for _, far := range []int{-271000, -1, 100, 1500, 1800, 1883, 1900, 1916, 2400, 2999, 9999, 10000, 275000} {
		add(time.Date(far, 3, 14, 2, 30, 0, 0, time.UTC))
		add(time.Date(far, 10, 31, 2, 30, 59, 0, time.UTC))
	}
	return cases
}

// Local dates are what ECMA-262 says, in every zone, whichever way they are built: around changes of the offset, in
// gaps and in overlaps. CALLFN_TEST_ALL_ZONES=1 tries every zone of the tz database and every change from 1970 to
// 2037.
func TestLocalTime(t *testing.T) {
	locations, years := map[string]*time.Location{}, []int{2007, 2011, 2018, 2026, 2027, 2028, 2050}
	if os.Getenv("CALLFN_TEST_ALL_ZONES") == "" {
		for _, name := range zonesOfNote {
			loc, err := time.LoadLocation(name)
			if err != nil {
				t.Fatal(err)
			}
			locations[name] = loc
		}
	} else {
		locations, years = allZones(t), nil
		for y := 1970; y <= 2037; y++ {
			years = append(years, y)
		}
	}
	p := sandboxtest.Pool(t, 1)
	for name, loc := range locations {
		cases := casesOf(loc, years)
		for len(cases) > 0 {
			n := min(len(cases), 500)
			compareLocal(t, p, name, oracle{loc}, cases[:n])
			cases = cases[n:]
		}
	}
}

// askLocal runs localDates in the sandbox.
func askLocal(t *testing.T, p *sandbox.Pool, zone string, cases [][6]int) []json.RawMessage {
	t.Helper()
	req, err := json.Marshal(map[string]any{"cases": cases})
	if err != nil {
		t.Fatal(err)
	}
	a, err := p.Do(context.Background(), sandbox.Job{
		Kind: sandbox.KindShow, Run: "dates", Source: localDates, Doc: json.RawMessage("{}"), Req: req, TimeZone: zone,
		Limits: sandbox.Limits{Deadline: runs.MaxDeadline, Result: 4 << 20},
	})
	var answer struct {
		JSON []json.RawMessage `json:"json"`
	}
	if err != nil || a.Outcome != runs.OK || json.Unmarshal(a.Body, &answer) != nil || len(answer.JSON) != len(cases) {
		t.Fatalf("%s: got %s %.300s, error %v; want %s", zone, a.Outcome, a.Body, err, runs.OK)
	}
	return answer.JSON
}

func compareLocal(t *testing.T, p *sandbox.Pool, zone string, o oracle, cases [][6]int) {
	t.Helper()
	wrong := 0
	for i, got := range askLocal(t, p, zone, cases) {
		want, err := json.Marshal(o.want(cases[i]))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) && wrong < 3 {
			wrong++
			t.Errorf("%s, %v: got\n%s, want\n%s", zone, cases[i], got, want)
		}
	}
}

// nodeDates runs the show in Node, once for each line of a zone and its cases. Node has names for its zones in
// toString, and whole minutes in getTimezoneOffset.
const nodeDates = `
const show = (` + localDates + `);
require('readline').createInterface({input: process.stdin}).on('line', (line) => {
	const {zone, cases} = JSON.parse(line);
	process.env.TZ = zone || 'UTC';
	console.log(JSON.stringify(show({}, {cases}).json.map((r) => { r[3] = r[3].replace(/ \(.*/, ''); return r; })));
});`

// Node, which has another engine and tz database, gives the same dates.
func TestLocalTimeInNode(t *testing.T) {
	if err := exec.Command("node", "--version").Run(); err != nil {
		t.Skip("no Node to compare with (install Node.js and run the test again): ", err)
	}
	var input bytes.Buffer
	var asked [][][6]int
	for _, zone := range zonesOfNote {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		cases := casesOf(loc, []int{1975, 2007, 2011, 2018, 2026, 2028})
		// The tz databases of Node and Go differ before 1970: Go's keeps less of what was before.
		cases = slices.DeleteFunc(cases, func(c [6]int) bool { return c[0] < 1970 })
		asked = append(asked, cases)
		line, err := json.Marshal(map[string]any{"zone": zone, "cases": cases})
		if err != nil {
			t.Fatal(err)
		}
		input.Write(append(line, '\n'))
	}
	node := exec.Command("node", "-e", nodeDates)
	node.Stdin, node.Stderr = &input, os.Stderr
	out, err := node.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	if len(lines) != len(asked) {
		t.Fatalf("Node answers for %d zones, want all %d", len(lines), len(asked))
	}
	p := sandboxtest.Pool(t, 1)
	for i, zone := range zonesOfNote {
		var want []json.RawMessage
		if err := json.Unmarshal(lines[i], &want); err != nil {
			t.Fatal(err)
		}
		wrong := 0
		for n, got := range askLocal(t, p, zone, asked[i]) {
			if string(got) != string(want[n]) && wrong < 3 {
				wrong++
				t.Errorf("%s, %v: got\n%s, Node has\n%s", zone, asked[i][n], got, want[n])
			}
		}
	}
}

// allZones returns the zones of Go's own copy of the tz database, which workers use.
func allZones(t *testing.T) map[string]*time.Location {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skip("no go command to ask where the tz database is: ", err)
	}
	database, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Skip("no tz database to compare with (install tzdata and run the test again): ", err)
	}
	defer database.Close()
	locations := map[string]*time.Location{}
	for _, f := range database.File {
		data, err := fs.ReadFile(database, f.Name)
		if err != nil {
			continue // a directory
		}
		if locations[f.Name], err = time.LoadLocationFromTZData(f.Name, data); err != nil {
			t.Fatalf("%s: got error %v, want a zone", f.Name, err)
		}
	}
	return locations
}
