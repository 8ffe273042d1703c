package intl

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"callfn/internal/clip"
	"callfn/internal/sandbox/datetime"
)

// Zones finds a time zone by its name in the tz database.
type Zones func(name string) (*time.Location, error)

// Zone is a time zone with its requested name.
type Zone struct {
	datetime.Zone
	Name string
}

// find reads a time zone as ECMA-402 does: a name in any case, or an offset such as "+05:30".
func (z Zones) find(name string) (Zone, error) {
	if offset, ok := offsetZone(name); ok {
		return offset, nil
	}
	for _, spelling := range []string{name, spell(name), strings.ToUpper(name)} {
		switch spelling {
		case "", "UTC", "GMT", "Etc/UTC", "Etc/GMT":
			if name == "" {
				continue
			}
			return Zone{Name: "UTC"}, nil
		case "Local", "LOCAL":
			continue
		}
		if loc, err := z(spelling); err == nil {
			return Zone{datetime.In(loc), spelling}, nil
		}
	}
	return Zone{}, rangeError("invalid time zone specified: %q: use a name such as America/New_York", clip.Name(name))
}

// spell returns a name in the case of the tz database, for nearly all names.
func spell(name string) string {
	known, err := loadOnce[zoneData]("zones.json")
	if err != nil {
		return name
	}
	for zone := range known.Zones {
		if strings.EqualFold(zone, name) {
			return zone
		}
	}
	return name
}

// offsetZone reads "+05:30", "-0800" and "+05".
func offsetZone(name string) (Zone, bool) {
	for _, layout := range []string{"-07:00", "-0700", "-07"} {
		if len(name) != len(layout) {
			continue
		}
		t, err := time.Parse(layout, name)
		if err != nil || name[0] != '+' && name[0] != '-' {
			continue
		}
		_, seconds := t.Zone()
		return Zone{datetime.In(time.FixedZone("", seconds)), t.Format("-07:00")}, true
	}
	return Zone{}, false
}

// zoneData is the file of zone names.
type zoneData struct {
	Names     map[string]map[string][]string `json:"names"` // by locale and width; "" if the offset is written instead
	Timelines [][]period                     `json:"timelines"`
	Zones     map[string]int                 `json:"zones"` // index of its timeline
}

// period is the names and the offset (in minutes) of a zone from a time on.
type period struct {
	from  int64
	names map[string]int
}

// UnmarshalJSON reads [from, names]; from is null in the first period.
func (p *period) UnmarshalJSON(text []byte) error {
	var from *int64
	if err := unmarshalPair(text, &from, &p.names); err != nil {
		return err
	}
	if from != nil {
		p.from = *from
	}
	return nil
}

// zoneText returns the zone's name at a time.
func (f *DateFormat) zoneText(at int64) string {
	style := f.zoneName
	if f.zone.Name == "UTC" && (style == "short" || style == "long") {
		if name := f.zoneNamed("UTC", style, at, 0); name != "" {
			return name
		}
	}
	offset := f.zone.Offset(at)
	if style == "short" || style == "long" {
		if name := f.zoneNamed(f.zone.Name, style, at, offset); name != "" {
			return name
		}
		style += "Offset"
	}
	return f.offsetText(style, offset)
}

// zoneNamed returns the zone's own name, or "" if it has none.
func (f *DateFormat) zoneNamed(zone, style string, at, offset int64) string {
	data, err := loadOnce[zoneData]("zones.json")
	if err != nil {
		return ""
	}
	timeline, known := data.Zones[zone]
	if !known {
		return ""
	}
	periods := data.Timelines[timeline]
	n := sort.Search(len(periods)-1, func(i int) bool { return periods[i+1].from > at })
	name, named := periods[n].names[strconv.FormatInt(offset/60000, 10)]
	if !named {
		return ""
	}
	return data.Names[f.locale.data][style][name]
}

// offsetText returns an offset in the locale's notation: "GMT+5:30", "GMT-08:00".
func (f *DateFormat) offsetText(style string, offset int64) string {
	model := f.data.Offsets[style]
	if offset == 0 {
		return model.Zero
	}
	at := strings.IndexByte(model.Zero, '+') // the texts for zero and for the west begin alike
	sign := "+"
	if offset < 0 {
		sign, offset = strings.TrimRight(model.West[at:], "0123456789:"), -offset
	}
	hours, minutes, seconds := offset/3600000, offset/60000%60, offset/1000%60
	text := fmt.Sprintf("%d", hours)
	if style == "longOffset" {
		text = fmt.Sprintf("%02d", hours)
	}
	if style == "longOffset" || minutes > 0 || seconds > 0 {
		text += fmt.Sprintf(":%02d", minutes)
	}
	if seconds > 0 {
		text += fmt.Sprintf(":%02d", seconds)
	}
	return model.Zero[:at] + sign + text
}

// CheckZone returns an error if a name is not a time zone.
func CheckZone(name string, zones Zones) error {
	if _, err := zones(name); err == nil && name != "" && name != "Local" {
		return nil
	}
	_, err := zones.find(name)
	return err
}
