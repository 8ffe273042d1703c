// Package intl formats dates and numbers as ECMA-402 has it (Intl.DateTimeFormat, Intl.NumberFormat), in the locales
// of its data directory. It knows nothing of the JavaScript engine.
//
// The data are facts of Unicode's CLDR, asked of an ICU through Node by the programs in gen: data/index.json says of
// which versions. golang.org/x/text has no patterns of dates. Locales and options that are not honoured are errors,
// never ignored.
//
//go:generate node gen/gen.js data
//go:generate sh -c "unzip -Z1 $(go env GOROOT)/lib/time/zoneinfo.zip | node gen/zones.js data"
package intl
