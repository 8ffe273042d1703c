package main

import "time"

// moment is a time for people: this machine's time zone, with the offset that it is read by.
func moment(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05-07:00") }

// exactMoment is a time for people, to a thousandth of a second.
func exactMoment(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05.000-07:00") }
