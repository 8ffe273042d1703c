package callflow

import "time"

// Say asks for a value to be pronounced (docs/reference/kazoo.md#call-commands, say).
type Say struct {
	Text, Type, Method, Language, Gender string
}

// Tone is one signal of a row of tones (docs/reference/kazoo.md#call-commands, tones).
type Tone struct {
	Frequencies []int64
	On, Off     time.Duration
	Repeat      int64
}

// Recording asks to record the caller (docs/reference/kazoo.md#call-commands, record).
type Recording struct {
	Name        string
	Limit       time.Duration
	Terminators []string
}
