// Package speech reads text aloud with a program of the operator's, such as espeak-ng, and keeps what it rendered.
//
// The text travels on the program's standard input only: as an argument it could be an option (espeak-ng -f reads
// files). Language and voice are words of an allow-list. Rendered speech is a file of the cache directory that only the
// service's user can read, because texts hold callers' numbers.
package speech
