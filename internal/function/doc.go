// Package function holds the function document, its store, and the Runner: run this function for this call, and say
// how it ended. The executor, the API and the CLI only ever meet a Result with one of a closed set of outcomes.
package function
