package main

import (
	"io"
	"log/slog"
	"time"

	"callfn/internal/printable"

	"github.com/lmittmann/tint"
)

// newLog logs to stderr: text for people at a terminal, JSON for machines. Logs never contain tokens, keys or digits:
// callers log ids and outcomes, not documents or parameters.
func newLog(env environment, format, level string) *slog.Logger {
	return slog.New(logHandler(env.exactErr, env.stderrIsTerminal, format, level))
}

// newServiceLog is newLog for a service, which must continue when nobody reads the log. close writes what is left.
func newServiceLog(env environment, format, level string) (log *slog.Logger, close func()) {
	direct := newLog(env, format, level)
	out := newUnblockedWriter(env.exactErr, func(dropped int64) {
		direct.Warn("dropped log lines that nobody read in time", "lines", dropped)
	})
	return slog.New(logHandler(out, env.stderrIsTerminal, format, level)), out.close
}

func logHandler(out io.Writer, terminal bool, format, level string) slog.Handler {
	var at slog.Level
	if err := at.UnmarshalText([]byte(level)); err != nil { // kong's enum allows nothing else
		at = slog.LevelInfo
	}
	if format == "json" || format == "auto" && !terminal {
		return slog.NewJSONHandler(printable.NewJSONWriter(out), &slog.HandlerOptions{Level: at, ReplaceAttr: milliseconds})
	}
	return tint.NewTextHandler(out, &tint.Options{
		Level: at, TimeFormat: time.TimeOnly, NoColor: !terminal, ReplaceAttr: milliseconds,
	})
}

// milliseconds writes durations as numbers, under a key with their unit: took becomes took_ms.
func milliseconds(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		return slog.Float64(a.Key+"_ms", float64(a.Value.Duration().Microseconds())/1e3)
	}
	return a
}
