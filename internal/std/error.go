// Package std computes what functions of many customers need and JavaScript's own library lacks: telephone numbers,
// public holidays and opening hours. It knows nothing of calls, accounts and sandboxes: its clock and its time zone are
// arguments, and it changes nothing outside.
package std

// Reason says what was wrong with an argument. The set is closed.
type Reason string

// The reasons. BadRegion: no such region of telephone numbers. BadNumber: no text. BadCountry: no holidays are known
// for it. BadYear: the calendar does not know the year. BadHours: hours that cannot be read. BadZone: no such time
// zone. BadTime: no moment.
const (
	BadRegion  Reason = "bad_region"
	BadNumber  Reason = "bad_number"
	BadCountry Reason = "bad_country"
	BadYear    Reason = "bad_year"
	BadHours   Reason = "bad_hours"
	BadZone    Reason = "bad_zone"
	BadTime    Reason = "bad_time"
)

// Error is about an argument. Message says what to write instead.
type Error struct {
	Reason  Reason
	Message string
}

// Error implements error.
func (e *Error) Error() string { return e.Message }
