package main

import (
	"io"

	"callfn/internal/printable"

	"github.com/schollz/progressbar/v3"
)

// progress shows a person how far something long is: a bar on a terminal, elsewhere a line for each stage.
type progress struct {
	out   io.Writer
	what  string
	stage string
	bar   *progressbar.ProgressBar

	terminal bool
}

// newProgress shows progress on the standard error output, which scripts do not read.
func newProgress(env environment, what string) *progress {
	return &progress{out: env.exactErr, what: printable.Text(what), terminal: env.stderrIsTerminal}
}

// at says how far it is. A total of 0 is an unknown one.
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

// note says something besides.
func (p *progress) note(format string, args ...any) {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	_, _ = printable.Fprintf(p.out, format+"\n", args...)
}

// done leaves the last state standing. A nil progress has nothing to show.
func (p *progress) done() {
	if p != nil && p.bar != nil {
		_ = p.bar.Exit()
		_, _ = printable.Fprintln(p.out)
		p.bar = nil
	}
}
