package callflow_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"time"

	"callfn/callflow"
	"callfn/internal/function"
	"callfn/internal/runs"
)

// A rehearsal of KAZOO's first documented function, "say hi".
func ExampleSimulator_Simulate() {
	const acct = "0123456789abcdef0123456789abcdef"
	main := callflow.Document{ID: "c0", Name: "Main", Numbers: []string{"1000"}, Flow: callflow.NodeOf(map[string]any{
		"module": "function", "data": map[string]any{"id": "f0"},
		"children": map[string]any{"_": map[string]any{"module": "hangup"}},
	})}
	sayHi := runnerFunc(func(r function.Request) function.Result {
		text := "Thanks for calling us " + r.Params["Caller-ID-Name"]
		return function.Result{Run: "r0", Outcome: runs.OK, Flow: map[string]any{
			"module": "tts",
			"data":   map[string]any{"text": text},
		}}
	})
	simulator := callflow.Simulator{
		Executor: &callflow.Executor{Runner: sayHi, Directory: callflow.Memory{acct: {{Document: main}}}},
		Random:   bytes.NewReader(make([]byte, 16)),
		Clock:    func() time.Time { return time.Date(2026, 12, 24, 18, 5, 0, 0, time.UTC) },
	}
	trace, err := simulator.Simulate(context.Background(), callflow.SimulationRequest{
		Account: acct,
		Call:    map[string]any{"To": "1000@acme.example", "From": "4158867900@acme.example", "Caller-ID-Name": "Alice"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := callflow.WriteTrace(os.Stdout, trace, false); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Call to 1000@acme.example from 4158867900@acme.example, Alice <4158867900>
	// Thu 2026-12-24 18:05 UTC
	// rehearsal-00000000000000000000000000000000
	// Callflow Main answers: it has the number 1000
	//
	//    0:00.000   1  function f0
	//                ok in 0 ms
	//                returned {"data":{"text":"Thanks for calling us Alice"},"module":"tts"}
	//    0:00.000   2    tts "Thanks for calling us Alice"
	//                  no child `_`, this flow ends here
	//    0:01.800   3  hangup  (back at `_` of step 1)
	//
	//    0:01.800  The callflow hung up: NORMAL_CLEARING
}
