package callflow

// The ANSI colours of a trace.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
)

func (s *story) paint(code, words string) string {
	if !s.color || words == "" {
		return words
	}
	return "\x1b[" + code + "m" + words + "\x1b[0m"
}

func outcomeColor(o Outcome) string {
	switch o {
	case Done:
		return green
	case Skipped, NotSimulated, HungUp:
		return yellow
	}
	return red
}

func endColor(how How) string {
	switch how {
	case EndHangup, EndFlow, EndResponse, EndCaller, EndAnswered:
		return green
	}
	return red
}
