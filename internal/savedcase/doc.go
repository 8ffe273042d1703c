// Package savedcase defines the test cases of functions and callflows: a pretend call, a script of what happens during
// it, and the expected result. It reads and writes cases as files and compares traces with expectations. Other
// packages run the calls and store the cases.
package savedcase
