package sip_test

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"callfn/internal/await"
	"callfn/internal/rtp"
	"callfn/internal/sip"
	"callfn/internal/sip/siptest"
)

// holdings are what a process holds that calls could leak.
type holdings struct {
	goroutines, descriptors int
	heap, resident          int // KiB
}

func holds(t *testing.T) holdings {
	t.Helper()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h := holdings{goroutines: runtime.NumGoroutine(), heap: int(m.HeapAlloc >> 10)}
	if entries, err := os.ReadDir("/proc/self/fd"); err == nil { // 0 where there is no /proc
		h.descriptors = len(entries)
	}
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		pages, _ := strconv.Atoi(strings.Fields(string(text))[1])
		h.resident = pages * os.Getpagesize() >> 10
	}
	return h
}

func (h holdings) String() string {
	return fmt.Sprintf("%d goroutines, %d descriptors, heap of %d KiB, %d KiB resident", h.goroutines, h.descriptors,
		h.heap, h.resident)
}

// Nothing of a call stays: no goroutine, no descriptor, no port, no memory beyond the 32 s of its transactions. Every
// third caller hangs up, every third is hung up, and every third is refused and does not acknowledge it.
func TestCallsLeaveNothing(t *testing.T) {
	const low, high = 27920, 27983
	calls, growth := 60, 4<<10 // KiB
	if *manyCalls {
		calls, growth = 10000, 4<<10 // of which the addresses that were heard are 3 MiB
	}
	ports, err := rtp.NewPorts(low, high)
	if err != nil {
		t.Fatal(err)
	}
	s, address := start(t, byNumber, func(cfg *sip.Config) { cfg.Ports = ports })
	place := func(t *testing.T, i int) {
		phone := siptest.New(t, address)
		defer phone.Close()
		phone.To = []string{"wait", "hangup", "refuse"}[i%3]
		switch i % 3 {
		case 0:
			wantCode(t, phone.Dial(), 200)
			wantCode(t, phone.Bye(), 200)
		case 1:
			wantCode(t, phone.Dial(), 200)
			if _, ok := phone.AwaitRequest("BYE", 10*time.Second); !ok {
				t.Error("got no BYE within 10 s, want one")
			}
		case 2:
			phone.Invite()
			wantCode(t, phone.Await("INVITE"), 486)
		}
	}
	many := func(calls int) {
		t.Run(fmt.Sprint(calls, "_calls"), func(t *testing.T) { // which forgets the callers
			var under sync.WaitGroup
			for worker := range 15 {
				under.Go(func() {
					for i := worker; i < calls; i += 15 {
						place(t, i)
					}
				})
			}
			under.Wait()
		})
	}
	many(3)
	before := holds(t)
	many(calls)
	t.Logf("%d calls; before: %s", calls, before)
	t.Logf("at the end of the last call: %s", holds(t))
	if *manyCalls {
		time.Sleep(33 * time.Second) // as long as a transaction lasts
	}
	var after holdings
	await.Value(t, "what was there before: "+before.String(), func() (string, bool) {
		after = holds(t)
		return after.String(), s.Calls() == 0 && after.goroutines <= before.goroutines+5 &&
			after.descriptors <= before.descriptors+5 && after.heap <= before.heap+growth
	})
	t.Logf("after: %s", after)
	for port := low; port <= high; port += 2 {
		if !free(port) {
			t.Errorf("port %d or the next is taken, want all of them free", port)
		}
	}
}
