package steal

import (
	"fmt"
	"os"
	"testing"

	"callfn/internal/await"
)

func TestSince(t *testing.T) {
	for _, tc := range []struct {
		before, now Mark
		want        float64
	}{
		{Mark{100, 3}, Mark{140, 13}, 0.25},
		{Mark{100, 3}, Mark{140, 3}, 0},
		{Mark{100, 3}, Mark{100, 3}, 0}, // no time has passed
		{Mark{100, 3}, Mark{140, 2}, 0}, // the machine was moved to a host that counts anew
		{Mark{}, Mark{}, 0},
	} {
		if got := tc.now.Since(tc.before); got != tc.want {
			t.Errorf("from %v to %v: %v, want %v", tc.before, tc.now, got, tc.want)
		}
	}
}

func TestNow(t *testing.T) {
	if _, err := os.Stat("/proc/stat"); err != nil {
		t.Skip("this system has no /proc/stat; run it on Linux")
	}
	before := Now()
	if before.all <= 0 {
		t.Fatalf("got %+v, want some time since this machine was started", before)
	}
	await.Value(t, fmt.Sprintf("the processors' time to go on from %v", before.all), func() (string, bool) {
		now := Now().all
		return fmt.Sprint(now), now != before.all
	})
}
