// Package fair shares a pool's workers out among accounts, so that no account can keep another from running: caps on
// what an account, and everything below one top-level account together (children are free to make), may run at once and
// have waiting; the next free worker goes to whoever has used the least lately. Rehearsals have a lane of their own.
package fair
