package chart_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"image/png"
	"io"
	"strings"
	"testing"
	"time"

	"callfn/internal/loadgen"
	"callfn/internal/loadgen/chart"
)

func results(t *testing.T, outcome string) []loadgen.Result {
	t.Helper()
	p := loadgen.Plan{Connections: 2, Duration: 50 * time.Millisecond, Rounds: 1, Timeout: time.Second}
	r, err := loadgen.Run(t.Context(), p, []loadgen.Target{{Name: "hello & <others>", Call: func(context.Context) string {
		time.Sleep(time.Millisecond)
		return outcome
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWrite(t *testing.T) {
	r := results(t, loadgen.OK)
	var svg, picture bytes.Buffer
	if err := chart.Write(&svg, "svg", "2 connections", r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2 connections", "90 %", "hello &amp; &lt;others&gt;", "milliseconds"} {
		if !strings.Contains(svg.String(), want) {
			t.Errorf("no %q in the picture", want)
		}
	}
	for d := xml.NewDecoder(&svg); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := chart.Write(&picture, "png", "", r); err != nil {
		t.Fatal(err)
	}
	if got, err := png.Decode(&picture); err != nil || got.Bounds().Dx() < 400 {
		t.Errorf("%v", err)
	}
}

func TestNothingToDraw(t *testing.T) {
	if err := chart.Write(io.Discard, "svg", "", results(t, "timeout")); err == nil {
		t.Error("a picture of nothing was drawn")
	}
}

func TestFormatOf(t *testing.T) {
	if got, err := chart.FormatOf("a/b.SVG"); got != "svg" || err != nil {
		t.Error(got, err)
	}
	for _, name := range []string{"a", "a.jpg", ".", "svg"} {
		if _, err := chart.FormatOf(name); err == nil {
			t.Errorf("accepted %q", name)
		}
	}
}
