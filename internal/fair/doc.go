// Package fair shares a pool's workers among accounts, so that no account can keep another from running.
//
// It caps how many jobs may run and wait at once, per account and per top-level account with all its descendants, since
// creating child accounts is free. A free worker goes to the account with the least recent usage. Rehearsals have a
// lane of their own.
package fair
