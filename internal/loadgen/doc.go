// Package loadgen calls live systems at a given rate, or as often as they answer, and measures how long calls take.
// Several targets are called in turns, round after round, so that other work of the machine disturbs all of them alike.
//
// In an open loop a clock says when a call begins, and its time counts from that moment, even when it is sent later
// because too many before it still wait. A system that stalls pays for every call that would have come meanwhile (no
// coordinated omission).
package loadgen
