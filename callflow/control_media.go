package callflow

import "time"

// Say describes a value to pronounce (docs/reference/kazoo.md#call-commands, say).
type Say struct {
	Text, Type, Method, Language, Gender string
}

// Tone is one signal of a sequence of tones (docs/reference/kazoo.md#call-commands, tones).
type Tone struct {
	Frequencies []int64
	On, Off     time.Duration
	Repeat      int64
}

// Recording describes a recording of the caller (docs/reference/kazoo.md#call-commands, record).
type Recording struct {
	Name        string
	Limit       time.Duration
	Terminators []string
}
