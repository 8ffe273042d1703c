package main

import (
	"log/slog"
	"time"

	"github.com/lmittmann/tint"
)

// newLog logs to stderr: text for people at a terminal, JSON for machines. What is logged never holds tokens, keys or digits:
// whoever logs passes ids and outcomes, not documents or parameters.
func newLog(w world, format, level string) *slog.Logger {
	var at slog.Level
	if err := at.UnmarshalText([]byte(level)); err != nil { // kong's enum allows nothing else
		at = slog.LevelInfo
	}
	if format == "json" || format == "auto" && !w.stderrIsTerminal {
		return slog.New(slog.NewJSONHandler(w.stderr, &slog.HandlerOptions{Level: at, ReplaceAttr: milliseconds}))
	}
	return slog.New(tint.NewTextHandler(w.stderr, &tint.Options{Level: at, TimeFormat: time.TimeOnly, NoColor: !w.stderrIsTerminal, ReplaceAttr: milliseconds}))
}

// milliseconds writes durations as numbers, under a key that names their unit: took becomes took_ms.
func milliseconds(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		return slog.Float64(a.Key+"_ms", float64(a.Value.Duration().Microseconds())/1e3)
	}
	return a
}
