package function_test

import (
	"context"
	"strings"
	"testing"

	"callfn/internal/function"
	"callfn/internal/runs"
)

// What formats in a way that is not available is warned of when it is saved, exactly where a run throws.
func TestUnavailableFormatsAreWarnedOf(t *testing.T) {
	r := drafter(t)
	for text, warned := range map[string]string{
		"new Date().toLocaleString('pl-PL')":                          `locale "pl-PL" is not available`,
		"new Date().toLocaleDateString(\"ja-JP\", {weekday: 'long'})": `locale "ja-JP" is not available`,
		"(5).toLocaleString('nb')":                                    `locale "nb" is not available`,
		"new Date().toLocaleString('en_US')":                          "is no language tag such as en-US",
		"new Intl.DateTimeFormat('zh-CN').format()":                   `locale "zh-CN" is not available`,
		"Intl.NumberFormat('ru').format(5)":                           `locale "ru" is not available`,
		"new Date().toLocaleString('en-US', {timeZone: 'America/New York'})": `invalid time zone specified: ` +
			`"America/New York"`,
		"new Date().toLocaleString('en-US', {timeZone: 'PST', hour: 'numeric'})": `invalid time zone specified: ` +
			`"PST"`,
		"new Intl.PluralRules('en-US').select(1)":                                        "`Intl.PluralRules` is not there",
		"new Date().toLocaleString('de-DE')":                                             "",
		"new Date().toLocaleString('EN-us', {timeZone: 'america/new_york'})":             "",
		"new Date().toLocaleString('default', {timeZone: '+05:30'})":                     "",
		"new Date().toLocaleString(['pl-PL', 'de-DE'])":                                  "",
		"new Date().toLocaleString('fr-FR-u-hc-h23', {timeZone: \"UTC\"})":               "",
		"({toLocaleTimeString: function (x) { return x; }}).toLocaleTimeString('a' + 1)": "",
		"String({timeZone: 'Home'}.timeZone)":                                            "",
		"'pl-PL'.toLocaleUpperCase('pl-PL')":                                             "",
		"(typeof Intl.PluralRules)":                                                      "",
		"'a'.localeCompare('b')":                                                         "",
	} {
		source := "return {module: 'tts', data: {text: 'x' + " + text + "}};"
		_, warnings, err := r.CheckSyntax(context.Background(), "", source)
		if err != nil || (len(warnings) > 0) != (warned != "") || warned != "" &&
			(len(warnings) != 1 || !strings.Contains(warnings[0].Message, warned)) {
			t.Errorf("%s: %v, warned %+v, want %q", text, err, warnings, warned)
		}
		res := r.RunDraft(context.Background(), function.Draft{Source: source})
		if (res.Outcome == runs.Threw) != (warned != "") {
			t.Errorf("%s: got %s (%+v), want %s only where it warns: %q", text, res.Outcome, res.Error, runs.Threw, warned)
		}
	}
}

// What takes a locale and no notice of it runs, and goes by Unicode alone.
func TestIgnoredLocalesAreWarnedOf(t *testing.T) {
	r := drafter(t)
	for text, want := range map[string]string{
		"['ä', 'z'].sort((a, b) => a.localeCompare(b, 'de'))[0]":       "ä stands behind z",
		"'a'.localeCompare('b', call.Language, {sensitivity: 'base'})": "`localeCompare` goes",
		"'I'.toLocaleLowerCase('tr-TR')":                               "`toLocaleLowerCase` goes",
	} {
		source := "return {module: 'tts', data: {text: 'x' + " + text + "}};"
		_, warnings, err := r.CheckSyntax(context.Background(), "", source)
		if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0].Message, want) {
			t.Errorf("%s: got %+v %v, want a warning that says %q", text, warnings, err, want)
		}
		if res := r.RunDraft(context.Background(), function.Draft{Source: source}); res.Outcome != runs.OK {
			t.Errorf("%s: got %s (%+v), want %s", text, res.Outcome, res.Error, runs.OK)
		}
	}
}
