// Package kv is the key-value store of functions: small JSON values that runs of an account share, with expiry,
// compare-and-set and counters.
//
// Store is what everything above uses. It checks keys and values, decides about versions and quotas, and names what
// went wrong by a closed set of reasons. Engines only keep entries: internal/kv/boltkv in a file for one process,
// internal/kv/natskv on the operator's NATS servers for several, internal/kv/memkv in memory. An engine is held to its
// contract by internal/kv/kvtest.
//
// Operations on one key are linearizable: a read that begins after a write was acknowledged sees it or a later one.
// An acknowledged write survives the end of the process. An operation that fails with the reason unavailable may have
// been carried out or not, as with every store that can be cut off between the write and its acknowledgement.
package kv
