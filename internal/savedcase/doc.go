// Package savedcase is test cases that are stored with a function or callflow: a pretend call, what the world does
// during it, and what must come of it. It knows how a case looks in a file and whether a trace is what a case expects;
// running calls and storing cases is others' business.
package savedcase
