// Package datetime computes dates as ECMA-262 defines them (section 21.4.1, Time Values and Time Range): time values
// in milliseconds since 1970 in UTC, local time in a zone of the tz database, and the texts that Date.parse reads. It
// knows nothing of the JavaScript engine.
package datetime
