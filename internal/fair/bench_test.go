package fair_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"callfn/internal/fair"
	"callfn/internal/sandbox"
)

func BenchmarkLane(b *testing.B) {
	lane := fair.NewLane(nothing{}, fair.Config{Workers: 2, Queue: 8})
	for b.Loop() {
		if _, err := lane.Do(context.Background(), sandbox.Job{Account: "a", Root: "r"}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLaneAmong measures one turn with a waiter while many known accounts are idle.
func BenchmarkLaneAmong(b *testing.B) {
	for _, accounts := range []int{1, 3000} {
		b.Run(fmt.Sprint(accounts, "_accounts"), func(b *testing.B) {
			lane := fair.NewLane(nothing{}, fair.Config{Workers: 1, Queue: 8, MaxWait: time.Minute})
			for n := range accounts {
				if _, err := lane.Do(b.Context(), sandbox.Job{Account: fmt.Sprint(n)}); err != nil {
					b.Fatal(err)
				}
			}
			turn, err := lane.Admit(b.Context(), "", "0")
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				next := make(chan func())
				go func() {
					leave, _ := lane.Admit(b.Context(), "", "1")
					next <- leave
				}()
				for lane.Stats().Waiting == 0 {
					runtime.Gosched()
				}
				turn()
				turn = <-next
			}
		})
	}
}

type nothing struct{}

func (nothing) Do(context.Context, sandbox.Job) (sandbox.Answer, error) { return sandbox.Answer{}, nil }
