package intl

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

var hourCycles = []string{"h11", "h12", "h23", "h24"}

// localeData is one locale's file. Lists of patterns are indexes into Patterns, in the order in which gen/gen.js
// combines options: the last option changes fastest.
type localeData struct {
	HourCycle string   `json:"hourCycle"`
	Months    []names  `json:"months"`
	Weekdays  []names  `json:"weekdays"`
	Eras      []names  `json:"eras"`
	Periods   []string `json:"periods"` // AM and PM
	Offsets   map[string]struct {
		Zero string `json:"zero"`
		West string `json:"west"`
	} `json:"offsets"`
	Numbers numberData `json:"numbers"`
	Dates   runs       `json:"dates"` // with weekday and era absent or short
	// DateExceptions has the patterns that differ in other widths by more than the name, by index.
	DateExceptions map[string]string `json:"dateExceptions"`
	Glues          runs              `json:"glues"` // which separator joins a date and a time
	Joints         []string          `json:"joints"`
	Times          [4]runs           `json:"times"` // by hour cycle; patterns without an hour are in the first
	WeekdayTimes   map[string]int    `json:"weekdayTimes"`
	Styles         runs              `json:"styles"` // by dateStyle, timeStyle and hour cycle
	Patterns       []string          `json:"patterns"`
}

// names are the names of months, weekdays or eras in one width. If a width has several lists, names of the same index
// belong together.
type names struct {
	Width   string `json:"width"`
	Variant int    `json:"variant"`
	Names   list   `json:"names"`
}

// list is a text "a|b|c".
type list []string

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *list) UnmarshalText(text []byte) error {
	*l = strings.Split(string(text), "|")
	return nil
}

// runs is a text "7*3,8": three sevens and an eight.
type runs []int

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *runs) UnmarshalText(text []byte) error {
	for part := range strings.SplitSeq(string(text), ",") {
		value, times, _ := strings.Cut(part, "*")
		n, err := strconv.Atoi(value)
		if err != nil {
			return fmt.Errorf("read runs: %w", err)
		}
		count := 1
		if times != "" {
			if count, err = strconv.Atoi(times); err != nil {
				return fmt.Errorf("read runs: %w", err)
			}
		}
		for range count {
			*r = append(*r, n)
		}
	}
	return nil
}

// loaded caches the files, by name.
var loaded sync.Map // of file names

// dataOf reads a locale's file once.
func dataOf(locale string) (*localeData, error) { return loadOnce[localeData](locale + ".json") }

func loadOnce[T any](name string) (*T, error) {
	if v, ok := loaded.Load(name); ok {
		return v.(*T), nil
	}
	d := new(T)
	if err := load(name, d); err != nil {
		return nil, err
	}
	v, _ := loaded.LoadOrStore(name, d)
	return v.(*T), nil
}

// unmarshalPair reads a list of two.
func unmarshalPair(text []byte, first, second any) error {
	pair := [2]any{first, second}
	return json.Unmarshal(text, &pair)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
