package replication

import (
	"errors"
	"testing"
	"time"
)

// A slow server gets fewer documents at once, so that it stays responsive for others.
func TestPace(t *testing.T) {
	for _, tt := range []struct {
		name string
		each time.Duration // time per document
		err  error
		want int
	}{
		{"quick", time.Microsecond, nil, Page},
		{"neither", 2 * time.Millisecond, nil, firstPage},
		{"slow", 10 * time.Millisecond, nil, 25},
		{"very slow", time.Second, nil, fewest},
		{"refusing", time.Microsecond, errors.New("unreachable"), fewest},
	} {
		p := new(Pace)
		for range 10 {
			p.took(time.Duration(p.of())*tt.each, tt.err)
		}
		if p.of() != tt.want {
			t.Errorf("%s: %d documents at once, want %d", tt.name, p.of(), tt.want)
		}
	}
	var none *Pace
	if none.took(time.Hour, nil); none.of() != Page {
		t.Errorf("without a pace: got %d documents at once, want %d", none.of(), Page)
	}
}

func TestRest(t *testing.T) {
	for _, tt := range []struct {
		name  string
		step  Step
		rest  time.Duration
		known bool
	}{
		{"the end", Step{Looked: 3, last: true, Left: -1}, 0, true},
		{"half way", Step{Looked: 100, Left: 300, took: time.Second}, 3 * time.Second, true},
		{"not told", Step{Looked: 100, Left: -1, took: time.Second}, 0, false},
		{"nothing that is copied", Step{Left: 300, took: time.Second}, 0, false},
	} {
		if rest, known := tt.step.Rest(); rest != tt.rest || known != tt.known {
			t.Errorf("%s: %s %t, want %s %t", tt.name, rest, known, tt.rest, tt.known)
		}
	}
}
