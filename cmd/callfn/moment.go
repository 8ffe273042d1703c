package main

import "time"

// moment formats a time for people: in this machine's time zone, with its offset.
func moment(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05-07:00") }

// exactMoment formats a time for people, in milliseconds.
func exactMoment(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05.000-07:00") }
