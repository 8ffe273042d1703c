// Package runs holds what every room on the way of a run agrees on: how a run is named, what the place that evaluates
// it is told (Terms), what it tells back (Report, Outcome, Failure), and who waits for whom and how long (budget.go).
// It imports nothing of this program, so that the executor's end of the way and the sandbox's use the same words.
package runs
