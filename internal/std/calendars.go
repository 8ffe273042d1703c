package std

import (
	"slices"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/cz"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/es"
	"github.com/rickar/cal/v2/fr"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/gr"
	"github.com/rickar/cal/v2/hr"
	"github.com/rickar/cal/v2/ie"
	"github.com/rickar/cal/v2/it"
	"github.com/rickar/cal/v2/nl"
	"github.com/rickar/cal/v2/no"
	"github.com/rickar/cal/v2/pl"
	"github.com/rickar/cal/v2/ro"
	"github.com/rickar/cal/v2/se"
	"github.com/rickar/cal/v2/si"
	"github.com/rickar/cal/v2/us"
	"github.com/rickar/cal/v2/za"
)

// calendars has the rules by country or state. They are those of rickar/cal v2.1.13 (April 2023) with what laws changed
// since. GB is England and Wales; ES has the days of the whole country; US has those of federal law. Countries whose
// days differ by region there, and those whose rules are wrong in the library (Switzerland, Canada, Brazil, New
// Zealand, Slovakia), are left out: an unknown country is an error, a wrong day would be none.
var calendars = map[string][]*cal.Holiday{
	"AT": at.Holidays,
	"BE": be.Holidays,
	"CZ": cz.Holidays,
	"DK": dk.Holidays,
	"ES": es.Holidays,
	"FR": fr.Holidays,
	"GB": gb.Holidays,
	"GR": gr.Holidays,
	"HR": hr.Holidays,
	"IE": ie.Holidays,
	"IT": with(it.Holidays, yearly("San Francesco d'Assisi", time.October, 4, 2026, 0)),
	"NL": nl.Holidays,
	"NO": no.Holidays,
	"PL": with(pl.Holidays, yearly("Wigilia Bożego Narodzenia", time.December, 24, 2025, 0)),
	"RO": with(ro.Holidays,
		yearly("Botezul Domnului", time.January, 6, 2024, 0),
		yearly("Soborul Sfântului Ioan Botezătorul", time.January, 7, 2024, 0)),
	"SE": public(se.Holidays), // without the eves
	"SI": si.Holidays,
	"US": us.Holidays,
	"ZA": za.Holidays,

	"DE":    de.Holidays, // the days of all states
	"DE-BB": de.HolidaysBB,
	"DE-BE": with(de.HolidaysBE,
		yearly("80. Jahrestag der Befreiung", time.May, 8, 2025, 2025),
		yearly("75. Jahrestag des Volksaufstandes", time.June, 17, 2028, 2028)),
	"DE-BW": de.HolidaysBW,
	"DE-BY": de.HolidaysBY, // without Mariä Himmelfahrt, which is one by municipality
	"DE-HB": de.HolidaysHB,
	"DE-HE": de.HolidaysHE,
	"DE-HH": de.HolidaysHH,
	"DE-MV": with(de.HolidaysMV, de.Frauentag), // since 2023
	"DE-NI": de.HolidaysNI,
	"DE-NW": de.HolidaysNW,
	"DE-RP": de.HolidaysRP,
	"DE-SH": de.HolidaysSH,
	"DE-SL": de.HolidaysSL,
	"DE-SN": de.HolidaysSN,
	"DE-ST": de.HolidaysST,
	"DE-TH": de.HolidaysTH,
}

// with adds rules to a calendar of the library.
func with(rules []*cal.Holiday, more ...*cal.Holiday) []*cal.Holiday {
	return slices.Concat(rules, more)
}

// yearly makes the rule of a holiday with a fixed date, from a year to another; 0 is no end.
func yearly(name string, month time.Month, day, from, to int) *cal.Holiday {
	return &cal.Holiday{
		Name: name, Type: cal.ObservancePublic, Month: month, Day: day, StartYear: from, EndYear: to,
		Func: cal.CalcDayOfMonth,
	}
}

// public leaves out days that people commonly have off though they are no holidays by law.
func public(rules []*cal.Holiday) []*cal.Holiday {
	return slices.DeleteFunc(slices.Clone(rules), func(h *cal.Holiday) bool { return h.Type == cal.ObservanceOther })
}
