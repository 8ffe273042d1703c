package std_test

import (
	"encoding/json"
	"testing"
	"time"

	"callfn/internal/std"
)

func BenchmarkParseNumber(b *testing.B) {
	for b.Loop() {
		if n, err := std.ParseNumber("089 12345678", "DE"); n == nil || err != nil {
			b.Fatal(n, err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	text := json.RawMessage(`{"mon":"09:00-17:00","holidays":"DE-BY"}`)
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for b.Loop() {
		hours, err := std.ParseHours(text, time.UTC)
		if err != nil {
			b.Fatal(err)
		}
		if open, err := hours.Open(at); !open || err != nil {
			b.Fatal(open, err)
		}
	}
}
