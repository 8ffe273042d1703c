// Package kvtest is the contract suite of kv.Engine, seen through kv.Store. Every engine runs all of it.
package kvtest
