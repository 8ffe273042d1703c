package crossbar_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"callfn/callflow"
	"callfn/couchapp"
	"callfn/crossbar"
	"callfn/internal/function"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

func TestMain(m *testing.M) {
	code := sandboxtest.Main(m)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			println(err.Error())
			code = 1
		}
	}
	os.Exit(code)
}

// Each sample runs in a real worker and returns a valid flow, on its own call and on a call without parameters. None
// has warnings.
func TestSamplesRun(t *testing.T) {
	samples, err := crossbar.Samples()
	if err != nil {
		t.Fatal(err)
	}
	set, err := loadSchemas()
	if err != nil {
		t.Fatal(err)
	}
	design, err := couchapp.Assemble("functions", couchapp.Callfn)
	if err != nil {
		t.Fatal(err)
	}
	limits := sandbox.DefaultLimits()
	runner := function.NewRunner(function.Config{
		Drafts: function.LocalDrafts{Eval: sandboxtest.Pool(t, 1), Wh: design.Shows["wh"], Limits: limits}, Flows: set,
		NewRun: func() runs.ID { return "0123456789abcdef0123456789abcdef" }, Deadline: limits.Deadline,
		Parameters: callflow.ParameterNames(),
	})
	files, err := os.ReadDir("samples")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(samples)+1 {
		t.Errorf("got %d files for %d samples, want one each and the index", len(files), len(samples))
	}
	for _, sample := range samples {
		t.Run(sample.ID, func(t *testing.T) {
			for name, params := range map[string]map[string]string{"its own call": sample.Call, "an empty call": {}} {
				r := runner.RunDraft(t.Context(), function.Draft{
					Source: sample.FunctionJS, Params: params,
					TimeZone: "Europe/Berlin",
					Account:  "0123456789abcdef0123456789abcdef",
				})
				if r.Outcome != runs.OK {
					t.Errorf("%s: got %s %+v, want ok", name, r.Outcome, r.Error)
				}
			}
			if fault, warnings, err := runner.CheckSyntax(t.Context(), "", sample.FunctionJS); fault != nil ||
				len(warnings) > 0 || err != nil {
				t.Errorf("saving it says %+v %+v %v, want nothing", fault, warnings, err)
			}
			if sample.Name == "" || sample.Description == "" {
				t.Errorf("got %+v, want a name and a description", sample)
			}
		})
	}
}
