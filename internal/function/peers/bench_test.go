package peers

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"

	"callfn/internal/function/workload"
)

// engine runs a function body once, for parameters, in a realm that nothing ran in before, and gives what it returned
// as JSON.
type engine interface {
	run(source string, params map[string]string) ([]byte, error)
}

func BenchmarkGoja(b *testing.B)   { measure(b, gojaEngine{}) }
func BenchmarkOtto(b *testing.B)   { measure(b, ottoEngine{}) }
func BenchmarkNodeVM(b *testing.B) { measure(b, startNode(b)) }

// BenchmarkGojaProcess is goja behind pipes, as far from the service as callfn's own sandbox is, and as much at the
// mercy of what else the machine does: CI's yardstick.
func BenchmarkGojaProcess(b *testing.B) { measure(b, startGoja(b)) }

// measure runs every function of the workload as callfn's own benchmarks do: by two callers a core.
func measure(b *testing.B, e engine) {
	for _, f := range workload.Functions() {
		b.Run(f.Name, func(b *testing.B) {
			params := f.Params()
			if err := check(e.run(f.Source, params)); err != nil {
				b.Fatal(err)
			}
			var failed atomic.Pointer[error]
			b.ReportAllocs()
			b.SetParallelism(2)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := check(e.run(f.Source, params)); err != nil {
						failed.Store(&err)
						return
					}
				}
			})
			if err := failed.Load(); err != nil {
				b.Fatal(*err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
		})
	}
}

// check wants a flow, decoded as whoever asked would have to.
func check(answer []byte, err error) error {
	if err != nil {
		return err
	}
	var flow map[string]any
	if err := json.Unmarshal(answer, &flow); err != nil || flow["module"] == nil {
		return fmt.Errorf("no flow: %.200s (%v)", answer, err)
	}
	return nil
}
