// Package intl formats dates and numbers as in ECMA-402 (Intl.DateTimeFormat, Intl.NumberFormat), in the locales of its
// data directory. It does not know the JavaScript engine.
//
// The data are facts of Unicode's CLDR, read from an ICU through Node by the programs in gen; data/index.json has the
// versions. golang.org/x/text has no patterns of dates. Unsupported locales and options are errors, never ignored.
//
//go:generate node gen/gen.js data
//go:generate sh -c "unzip -Z1 $(go env GOROOT)/lib/time/zoneinfo.zip | node gen/zones.js data"
package intl
