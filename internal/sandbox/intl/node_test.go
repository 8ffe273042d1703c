package intl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
)

// ask is what Node and this package are both asked. Value is written as JavaScript writes numbers.
type ask struct {
	Kind    string         `json:"kind"` // DateTimeFormat, NumberFormat, or a method of Date.prototype
	Locale  string         `json:"locale"`
	Options map[string]any `json:"options"`
	Value   string         `json:"value"`
}

// nodeAnswers answers each line in Node. Its hour12 is that of ECMA-402 before 2023 ("24:05", "0:05 pm"), so it is
// told the hour cycle that hour12 means since.
const nodeAnswers = `
require('readline').createInterface({input: process.stdin}).on('line', (line) => {
	const {kind, locale, options, value} = JSON.parse(line);
	if ('hour12' in options) { options.hourCycle = options.hour12 ? 'h12' : 'h23'; delete options.hour12; }
	try {
		if (kind.startsWith('to')) { console.log(JSON.stringify([new Date(+value)[kind](locale, options)])); return; }
		const f = new Intl[kind](locale, options), n = kind === 'DateTimeFormat' ? +value : value;
		const resolved = f.resolvedOptions();
		if (resolved.timeZone) { resolved.timeZone = options.timeZone; } // Node has old names for some
		console.log(JSON.stringify([f.format(n), f.formatToParts(n).map((p) => [p.type, p.value]), resolved]));
	} catch (e) { console.log(JSON.stringify([e.name])); }
});`

// askNode runs the questions in Node; it skips the test where there is none of the versions that data is from.
func askNode(t *testing.T, asks []ask) [][]json.RawMessage {
	t.Helper()
	var index struct{ Versions map[string]string }
	if err := load("index.json", &index); err != nil {
		t.Fatal(err)
	}
	version, err := exec.Command("node", "-p", "process.versions.cldr").Output()
	if err != nil {
		t.Skip("no Node to compare with (install Node.js and run the test again): ", err)
	}
	if got := string(bytes.TrimSpace(version)); got != index.Versions["cldr"] {
		t.Skipf("Node has CLDR %s, the data are of %s", got, index.Versions["cldr"])
	}
	var input bytes.Buffer
	for _, a := range asks {
		line, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		input.Write(append(line, '\n'))
	}
	node := exec.Command("node", "-e", nodeAnswers)
	node.Stdin, node.Stderr = &input, os.Stderr
	out, err := node.Output()
	if err != nil {
		t.Fatal(err)
	}
	var answers [][]json.RawMessage
	for line := range bytes.Lines(out) {
		var a []json.RawMessage
		if err := json.Unmarshal(line, &a); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, a)
	}
	if len(answers) != len(asks) {
		t.Fatalf("got %d answers of Node, want %d", len(answers), len(asks))
	}
	return answers
}

// answerOf answers a question as Node does.
func answerOf(t *testing.T, s *Service, a ask) []json.RawMessage {
	t.Helper()
	options := map[string]string{}
	for name, value := range a.Options {
		options[name] = fmt.Sprint(value)
	}
	if v, is := a.Options["useGrouping"].(bool); is {
		options["useGrouping"] = map[bool]string{true: "always", false: "false"}[v]
	}
	request := map[string]any{"locales": []string{a.Locale}, "options": options}
	verb, zone := "date", "UTC"
	switch a.Kind {
	case "NumberFormat":
		verb = "number"
	case "DateTimeFormat":
		request["required"], request["defaults"] = "any", "date"
	case "toLocaleString":
		request["required"], request["defaults"] = "any", "all"
	case "toLocaleDateString":
		request["required"], request["defaults"] = "date", "date"
	case "toLocaleTimeString":
		request["required"], request["defaults"] = "time", "time"
	}
	text, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	var answers []json.RawMessage
	for _, want := range []string{"text", "parts", "options"} {
		answer, err := s.Ask(verb+":"+want, string(text), a.Value, zone)
		if wrong, ok := err.(*Error); ok {
			return []json.RawMessage{json.RawMessage(strconv.Quote(map[bool]string{
				true:  "TypeError",
				false: "RangeError",
			}[wrong.Type]))}
		}
		if err != nil {
			t.Fatal(err)
		}
		if want == "text" {
			quoted, err := json.Marshal(answer)
			if err != nil {
				t.Fatal(err)
			}
			answer = string(quoted)
			if a.Kind[:2] == "to" {
				return []json.RawMessage{json.RawMessage(answer)}
			}
		}
		answers = append(answers, json.RawMessage(answer))
	}
	return answers
}

// compare asks both.
func compare(t *testing.T, asks []ask) {
	t.Helper()
	s, wrong := NewService(), 0
	for i, want := range askNode(t, asks) {
		got := answerOf(t, s, asks[i])
		if len(want) == 3 && len(got) == 3 && hasWords(t, want[1]) { // in which Node finds fields: an hour in "um"
			got, want = got[:2], want[:2]
		}
		if a, b := normal(t, got), normal(t, want); a != b {
			if wrong++; wrong < 20 {
				t.Errorf("%+v: got\n%s, want, as Node has it,\n%s", asks[i], a, b)
			}
		}
	}
	if wrong > 0 {
		t.Errorf("got %d of %d that differ, want none", wrong, len(asks))
	}
}

// hasWords reports whether there are letters between the fields.
func hasWords(t *testing.T, parts json.RawMessage) bool {
	t.Helper()
	var list []Part
	if err := json.Unmarshal(parts, &list); err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(list, func(p Part) bool {
		return p[0] == "literal" && strings.ContainsFunc(p[1], unicode.IsLetter)
	})
}

// normal writes JSON with members in order.
func normal(t *testing.T, parts []json.RawMessage) string {
	t.Helper()
	var list []any
	for _, p := range parts {
		var v any
		if err := json.Unmarshal(p, &v); err != nil {
			t.Fatalf("got %s, error %v; want JSON", p, err)
		}
		list = append(list, v)
	}
	b, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// everyLocale are the names of locales that there are.
func everyLocale(t *testing.T) []string {
	t.Helper()
	known, err := loadIndex()
	if err != nil {
		t.Fatal(err)
	}
	return append(slices.Clone(known.Locales), slices.Sorted(maps.Keys(known.Aliases))...)
}

var testZones = []string{
	"UTC", "America/New_York", "America/Los_Angeles", "America/Phoenix", "America/St_Johns", "America/Sao_Paulo",
	"Europe/London",
	"Europe/Dublin", "Europe/Berlin", "Europe/Madrid", "Africa/Casablanca", "Asia/Kolkata", "Asia/Tokyo",
	"Australia/Sydney",
	"Pacific/Auckland", "Pacific/Honolulu", "Etc/GMT+5",
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func someDate(r *rand.Rand) string {
	at := time.Date(1972, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli() + r.Int64N(60*365*86400)*1000 + r.Int64N(1000)
	if r.IntN(3) == 0 { // on the hour, where the clock changes
		at -= at % 3600000
	}
	return strconv.FormatInt(at, 10)
}

// Dates are formatted as Node does it: all locales, combinations of fields and styles, zones, hour cycles.
func TestDatesAsNode(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var asks []ask
	for _, locale := range everyLocale(t) {
		for range 250 {
			o := map[string]any{"timeZone": pick(r, testZones)}
			for _, name := range slices.Concat(dateFields, timeFields, []string{"era", "timeZoneName"}) {
				if r.IntN(5) < 2 {
					o[name] = pick(r, dateChoices[name])
				}
			}
			if r.IntN(4) == 0 {
				o["hourCycle"] = pick(r, hourCycles)
			} else if r.IntN(3) == 0 {
				o["hour12"] = r.IntN(2) == 0
			}
			kind := pick(r, []string{
				"DateTimeFormat", "DateTimeFormat", "toLocaleString", "toLocaleDateString",
				"toLocaleTimeString",
			})
			asks = append(asks, ask{kind, locale, o, someDate(r)})
		}
		for _, date := range append([]string{""}, styleLengths...) {
			for _, clock := range append([]string{""}, styleLengths...) {
				o := map[string]any{"timeZone": pick(r, testZones)}
				if date != "" {
					o["dateStyle"] = date
				}
				if clock != "" {
					o["timeStyle"] = clock
				}
				if r.IntN(3) == 0 {
					o["hourCycle"] = pick(r, hourCycles)
				}
				asks = append(asks, ask{"DateTimeFormat", locale, o, someDate(r)})
			}
		}
		for _, far := range []string{"-62198755200000", "-62135596800000", "8640000000000000", "-8640000000000000", "NaN"} {
			asks = append(asks, ask{"DateTimeFormat", locale, map[string]any{"timeZone": "UTC", "dateStyle": "long"}, far},
				ask{"DateTimeFormat", locale, map[string]any{
					"timeZone": "UTC", "year": "numeric", "month": "short",
					"era": "short",
				}, far})
		}
	}
	compare(t, asks)
}

// Numbers are formatted as Node does it.
func TestNumbersAsNode(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	values := []string{
		"0", "-0", "1", "-1", "12", "123", "1234", "-1234.5", "12345.678", "1234567.891", "0.5", "1.5", "2.5", "-0.4",
		"0.005", "1.005", "0.0000001",
		"999.9996", "1e21", "1.7976931348623157e+308", "5e-324", "NaN", "Infinity", "-Infinity", "12345678901234567890",
	}
	var asks []ask
	for _, locale := range everyLocale(t) {
		for range 150 {
			o := map[string]any{}
			switch r.IntN(3) {
			case 0:
				o["style"] = "percent"
			case 1:
				o["style"], o["currency"] = "currency", pick(r, []string{
					"EUR", "USD", "usd", "GBP", "JPY", "CHF", "MXN", "CAD",
					"KWD", "XYZ", "SEK", "BRL",
				})
				if r.IntN(3) == 0 {
					o["currencyDisplay"] = "code"
				}
			}
			if r.IntN(3) == 0 {
				o["minimumFractionDigits"] = r.IntN(5)
			}
			if r.IntN(3) == 0 {
				o["maximumFractionDigits"] = r.IntN(8)
			}
			if r.IntN(5) == 0 {
				o["minimumSignificantDigits"] = 1 + r.IntN(6)
			}
			if r.IntN(5) == 0 {
				o["maximumSignificantDigits"] = 1 + r.IntN(9)
			}
			if r.IntN(5) == 0 {
				o["minimumIntegerDigits"] = 1 + r.IntN(6)
			}
			if r.IntN(3) == 0 {
				o["useGrouping"] = pick(r, []any{true, false, "auto", "always", "min2"})
			}
			if r.IntN(3) == 0 {
				o["signDisplay"] = pick(r, numberChoices["signDisplay"])
			}
			asks = append(asks, ask{"NumberFormat", locale, o, pick(r, values)})
		}
	}
	compare(t, asks)
}
