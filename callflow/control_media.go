package callflow

import "time"

// Say asks for a value to be pronounced (kazoo-facts §9.4, say).
type Say struct {
	Text, Type, Method, Language, Gender string
}

// Tone is one signal of a row of tones (kazoo-facts §9.4, tones).
type Tone struct {
	Frequencies []int64
	On, Off     time.Duration
	Repeat      int64
}

// Recording asks to record the caller (kazoo-facts §9.4, record).
type Recording struct {
	Name        string
	Limit       time.Duration
	Terminators []string
}
