package chart_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
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
	var svg bytes.Buffer
	if err := chart.Write(&svg, "2 connections", results(t, loadgen.OK)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"2 connections", ">90 %<", "hello &amp; &lt;others&gt;", ">milliseconds<", ">1<", "<polyline points=",
	} {
		if !strings.Contains(svg.String(), want) {
			t.Errorf("got a picture without %q:\n%s", want, svg.String())
		}
	}
	if bad := regexp.MustCompile(`NaN|Inf|%!`).FindString(svg.String()); bad != "" {
		t.Errorf("got a picture with %q, want numbers", bad)
	}
	for d := xml.NewDecoder(&svg); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("got %v, want XML", err)
		}
	}
}

func TestNothingToDraw(t *testing.T) {
	if err := chart.Write(io.Discard, "", results(t, "timeout")); err == nil {
		t.Error("got no error for calls that all failed, want one: there is nothing to draw")
	}
}

func TestCheckName(t *testing.T) {
	for _, name := range []string{"a.svg", "a/b.SVG"} {
		if err := chart.CheckName(name); err != nil {
			t.Errorf("%q: got %v, want no error", name, err)
		}
	}
	for _, name := range []string{"a", "a.png", ".", "svg"} {
		if err := chart.CheckName(name); err == nil {
			t.Errorf("%q: got no error, want one that asks for .svg", name)
		}
	}
}
