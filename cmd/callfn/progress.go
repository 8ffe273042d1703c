package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows a person how far something long is: a bar on a terminal, elsewhere a line for each stage.
type progress struct {
	out   io.Writer
	what  string
	stage string
	bar   *progressbar.ProgressBar // nil elsewhere
}

// newProgress shows progress on the standard error output, which scripts do not read.
func newProgress(w world, what string) *progress {
	p := &progress{out: w.stderr, what: what}
	if w.stderrIsTerminal {
		p.bar = progressbar.NewOptions64(-1, progressbar.OptionSetWriter(w.stderr), progressbar.OptionSetDescription(what),
			progressbar.OptionShowCount(), progressbar.OptionSetWidth(30), progressbar.OptionThrottle(50*time.Millisecond), progressbar.OptionUseANSICodes(true))
	}
	return p
}

// at says how far it is. A total of 0 is an unknown one.
func (p *progress) at(stage string, done, total int64) {
	if p.bar == nil {
		if stage != p.stage {
			_, _ = fmt.Fprintf(p.out, "%s: %s\n", p.what, stage)
		}
		p.stage = stage
		return
	}
	if stage != p.stage {
		p.bar.Describe(p.what + ": " + stage)
	}
	p.stage = stage
	if total > 0 {
		p.bar.ChangeMax64(total)
	}
	_ = p.bar.Set64(min(done, max(total, 1)))
}

// note says something besides.
func (p *progress) note(format string, args ...any) {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	_, _ = fmt.Fprintf(p.out, format+"\n", args...)
}

// done leaves the last state standing. A nil progress has nothing to show.
func (p *progress) done() {
	if p != nil && p.bar != nil {
		_, _ = fmt.Fprintln(p.out)
	}
}
