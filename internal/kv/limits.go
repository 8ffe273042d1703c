package kv

import "time"

// The limits of keys and values.
const (
	MaxKeyBytes   = 256         // of a key's name
	MaxValueBytes = 64 << 10    // of a value's JSON without needless white space
	MaxKeys       = 10_000      // of an account, unless Quota says otherwise
	MaxBytes      = 16 << 20    // of an account, unless Quota says otherwise
	MinTTL        = time.Second //
	MaxTTL        = 400 * 24 * time.Hour
	MaxList       = 100       // keys in one answer of List
	MaxInteger    = 1<<53 - 1 // of a counter: the largest integer that JavaScript counts exactly
	maxIDBytes    = 64
)

// Quota bounds what one account stores. Zero members stand for MaxKeys and MaxBytes.
type Quota struct {
	Keys  int
	Bytes int64
}

func (q Quota) withDefaults() Quota {
	if q.Keys == 0 {
		q.Keys = MaxKeys
	}
	if q.Bytes == 0 {
		q.Bytes = MaxBytes
	}
	return q
}

// Usage is what an account stores: live entries and the bytes of their keys and values, see Size.
type Usage struct {
	Keys  int   `json:"keys"`
	Bytes int64 `json:"bytes"`
}

// Size is how many bytes of an account's quota an entry takes: its namespace, its name and its value.
func Size(key Key, value []byte) int64 {
	return int64(len(key.Namespace) + len(key.Name) + len(value))
}
