package function

import (
	"slices"

	"callfn/internal/runs"
)

// LogLevels are the levels of a function's log lines, the least important first: the methods of its console. `log` is
// the level of console.log and CouchDB's log.
func LogLevels() []string { return []string{"debug", "log", "info", "warn", "error"} }

// LogLevel is the level of a line, where levels are those of all lines, or nil for lines that are all `log`.
func LogLevel(levels []string, line int) string {
	if line < len(levels) && slices.Contains(LogLevels(), levels[line]) {
		return levels[line]
	}
	return "log"
}

// AtLeast reports whether a level is at least as important as another.
func AtLeast(level, least string) bool {
	return slices.Index(LogLevels(), level) >= slices.Index(LogLevels(), least)
}

// HighestLevel is the most important level among those of all lines, or nil for lines that are all `log`.
func HighestLevel(levels []string) string {
	if len(levels) == 0 {
		return "log"
	}
	return slices.MaxFunc(levels, func(a, b string) int {
		return slices.Index(LogLevels(), a) - slices.Index(LogLevels(), b)
	})
}

// levelsOf are the levels of a run's lines: one for each, or none.
func levelsOf(ev runs.Report) []string {
	if len(ev.Levels) == 0 {
		return nil
	}
	levels := make([]string, len(ev.Logs))
	for i := range levels {
		levels[i] = LogLevel(ev.Levels, i)
	}
	return levels
}
