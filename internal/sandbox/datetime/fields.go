package datetime

import "math"

// Fields are a date as people write it, in the order of the arguments of Date's constructor. Values may be out of
// their usual range.
type Fields [7]float64

// The indexes of Fields.
const (
	Year  = iota
	Month // from 0
	Day   // from 1
	Hour
	Minute
	Second
	Millisecond
)

const (
	msPerDay = 24 * 60 * 60 * 1000
	// maxTime is the largest magnitude of a time value.
	maxTime = 8.64e15
)

// Split splits a time value or local time in milliseconds into fields.
func Split(ms int64) Fields {
	days := floorDiv(ms, msPerDay)
	rest := ms - days*msPerDay
	y, m, d := civil(days)
	return Fields{
		float64(y), float64(m), float64(d),
		float64(rest / 3600000), float64(rest / 60000 % 60), float64(rest / 1000 % 60), float64(rest % 1000),
	}
}

// Weekday returns the day of the week of a time value or local time, 0 for Sunday.
func Weekday(ms int64) int {
	day := (floorDiv(ms, msPerDay) + 4) % 7
	if day < 0 {
		day += 7
	}
	return int(day)
}

// Join combines fields (MakeDate, MakeDay, MakeTime). It returns NaN if they give no time value.
func (f Fields) Join() float64 {
	for i, v := range f {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return math.NaN()
		}
		f[i] = math.Trunc(v)
	}
	// Beyond these limits no day of the month brings a date back into range without losing its last digits.
	if math.Abs(f[Year]) > 1e6 || math.Abs(f[Month]) > 1e7 {
		return math.NaN()
	}
	y, m := int64(f[Year]), int64(f[Month])
	y += floorDiv(m, 12)
	m -= floorDiv(m, 12) * 12
	day := float64(daysBefore(y, m)) + f[Day] - 1
	// The conversions keep the compiler from fusing multiplication and addition, which rounds differently.
	time := float64(f[Hour] * 3600000)
	time += float64(f[Minute] * 60000)
	time += float64(f[Second] * 1000)
	time += f[Millisecond]
	return float64(day*msPerDay) + time
}

// FullYear returns the year that the constructor and setYear make of a two-digit year.
func FullYear(y float64) float64 {
	if t := math.Trunc(y); t >= 0 && t <= 99 {
		return 1900 + t
	}
	return y
}

// Clip returns a time value, or NaN if ms is out of range.
func Clip(ms float64) float64 {
	if math.Abs(ms) <= maxTime {
		return math.Trunc(ms) + 0 // +0 for -0
	}
	return math.NaN()
}

// Time returns the time value of local time that Join returned.
func (z Zone) Time(local float64) float64 {
	if !(math.Abs(local) <= maxTime+2*msPerDay) {
		return math.NaN()
	}
	return Clip(float64(z.UTC(int64(local))))
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Days are counted from 1970-01-01. The calendar repeats every 400 years of 146097 days; a year here begins in March,
// so that the leap day is its last.
const (
	daysPerEra    = 146097
	daysTo1970    = 719468 // from 0000-03-01
	yearsPerEra   = 400
	marchBasedDay = 153 // days of five months from March
)

// civil returns the date of a day.
func civil(days int64) (y, month, day int64) {
	days += daysTo1970
	era := floorDiv(days, daysPerEra)
	d := days - era*daysPerEra
	year := (d - d/1460 + d/36524 - d/146096) / 365
	d -= 365*year + year/4 - year/100
	m := (5*d + 2) / marchBasedDay // from March
	day = d - (marchBasedDay*m+2)/5 + 1
	month = (m + 2) % 12
	y = year + era*yearsPerEra
	if month < 2 {
		y++
	}
	return y, month, day
}

// daysBefore returns the day of the first of a month (from 0).
func daysBefore(y, month int64) int64 {
	if month < 2 {
		y--
	}
	era := floorDiv(y, yearsPerEra)
	year := y - era*yearsPerEra
	m := (month + 10) % 12
	return era*daysPerEra + year*365 + year/4 - year/100 + (marchBasedDay*m+2)/5 - daysTo1970
}
