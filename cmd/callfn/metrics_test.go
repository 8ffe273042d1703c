package main

import (
	"regexp"
	"strings"
	"testing"
)

// What an operator watches is told to Prometheus, on an address of its own, and names nobody.
func TestMetrics(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, "--metrics-listen=127.0.0.1:0")
	callWorks(t, s)
	address := regexp.MustCompile(`"url":"(http://[^"]+/metrics)"`).FindStringSubmatch(s.errs.String())
	if address == nil {
		t.Fatal("the log does not say where metrics are")
	}
	code, body := get(t, address[1])
	if code != 200 {
		t.Fatal(code, body)
	}
	for _, want := range []string{
		`callfn_function_run_seconds_count{origin="rehearsal",outcome="ok"} 1`,
		`callfn_lane_running{lane="calls",place="sandbox"} 0`,
		`callfn_lane_refused_total{lane="rehearsals",place="sandbox",reason="full"} 0`,
		`callfn_workers{pool="calls"} `,
		`callfn_api_request_seconds_count{code="201",method="put"} `,
		`callfn_functions_disabled_total 0`,
		`callfn_run_records_dropped_total 0`,
		`callfn_build_info{version="`,
		`process_resident_memory_bytes `,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
	}
	if token := login(t, s.url); strings.Contains(body, token.account) {
		t.Error("an account is named")
	}
	if code, _ := get(t, s.url+"/metrics"); code != 404 {
		t.Errorf("the API answers /metrics with %d", code)
	}
	if code, _, errs := (program{}).run(t, "serve", "--listen=127.0.0.1:0", "--data="+t.TempDir(), "--metrics-listen=nowhere"); code != exitFailed || !strings.Contains(errs, "--metrics-listen") {
		t.Errorf("%d %s", code, errs)
	}
}
