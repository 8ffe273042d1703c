package main

import (
	"io"

	"callfn/internal/printable"

	"github.com/schollz/progressbar/v3"
)

// progress shows a person the progress of a long task: a bar on a terminal, otherwise a line per stage.
type progress struct {
	out   io.Writer
	what  string
	stage string
	bar   *progressbar.ProgressBar

	terminal bool
}

// newProgress shows progress on stderr, which scripts do not read.
func newProgress(env environment, what string) *progress {
	return &progress{out: env.exactErr, what: printable.Text(what), terminal: env.stderrIsTerminal}
}

// at shows the progress. A total of 0 is unknown.
func (p *progress) at(stage string, done, total int64) {
	stage = printable.Text(stage)
	news := stage != p.stage
	p.stage = stage
	switch {
	case !p.terminal && news:
		_, _ = printable.Fprintf(p.out, "%s: %s\n", p.what, stage)
	case !p.terminal:
	case p.bar == nil:
		if total <= 0 {
			total = -1
		}
		p.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(p.out), progressbar.OptionSetDescription(p.what+
			": "+stage),
			progressbar.OptionShowCount(), progressbar.OptionSetWidth(30), progressbar.OptionSetPredictTime(false),
			progressbar.OptionUseANSICodes(true))
	default:
		if total > 0 {
			p.bar.ChangeMax64(total)
		}
		if news {
			p.bar.Describe(p.what + ": " + stage)
		}
	}
	if p.bar != nil {
		_ = p.bar.Set64(done)
	}
}

// note prints a remark.
func (p *progress) note(format string, args ...any) {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	_, _ = printable.Fprintf(p.out, format+"\n", args...)
}

// done leaves the last state on the screen. A nil progress shows nothing.
func (p *progress) done() {
	if p != nil && p.bar != nil {
		_ = p.bar.Exit()
		_, _ = printable.Fprintln(p.out)
		p.bar = nil
	}
}
