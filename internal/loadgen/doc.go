// Package loadgen calls live systems as often as it is told, or as often as they answer, and tells how long they took.
// Several targets are called in turns, round after round, so that whatever else the machine does meets all of them
// alike.
//
// In an open loop calls begin when a clock says, and how long one took counts from that moment, even where it could
// only be sent later because too many before it were still waiting: a system that stalls is charged for everybody who
// would have called meanwhile (no coordinated omission).
package loadgen
