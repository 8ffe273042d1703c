package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"callfn/internal/await"
	"callfn/internal/sip/siptest"
)

// Metrics are served on an address of their own and contain no names.
func TestMetrics(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, "--metrics-listen=127.0.0.1:0")
	callWorks(t, s)
	address := regexp.MustCompile(`"url":"(http://[^"]+/metrics)"`).FindStringSubmatch(s.errs.String())
	if address == nil {
		t.Fatal("got no address of the metrics in the log, want one")
	}
	code, body := get(t, address[1])
	if code != 200 {
		t.Fatalf("got %v %v, want code 200", code, body)
	}
	for _, want := range []string{
		`callfn_function_run_seconds_count{origin="rehearsal",outcome="ok"} 1`,
		`callfn_runs_total{origin="rehearsal",outcome="ok"} 1`,
		`callfn_runs_total{origin="call",outcome="engine_down"} 0`,
		`callfn_datastore_writes_failed_total{cause="disk_full"} 0`,
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
		t.Error("got the name of an account in the metrics, want none")
	}
	if code, _ := get(t, s.url+"/metrics"); code != 404 {
		t.Errorf("the API answers /metrics with %d, want code 404", code)
	}
	if code, _, errs := (program{}).run(t, "serve", "--listen=127.0.0.1:0", "--data="+t.TempDir(),
		"--metrics-listen=nowhere"); code != exitUsage || !strings.Contains(errs, "--metrics-listen") {
		t.Errorf("an address without a port: %d %s; want a usage error that names the flag", code, errs)
	}
}

// Metrics count what callers over SIP notice: how fast they were answered, who was refused, which packets arrived.
func TestMetricsOfCalls(t *testing.T) {
	a := answerCalls(t, "--metrics-listen=127.0.0.1:0", "--speech-command=none")
	a.flow(t, `{"module":"collect_dtmf","data":{"max_digits":1,"timeout":20000}}`)
	phone := siptest.New(t, a.at)
	if m := phone.Dial(); m.Code() != 200 {
		t.Fatalf("got %s, want 200", m.Start)
	}
	frame := make([]byte, 160)
	for _, skip := range []int{0, 0, 1, -2} { // packets 1, 2, 4 and 3
		phone.Audio.Skip(skip)
		phone.Audio.Talk(frame)
	}
	phone.Audio.Skip(3)
	phone.Audio.Press("5") // packet 7
	if _, ok := phone.AwaitRequest("BYE", 10*time.Second); !ok {
		t.Fatal("got no BYE within 10 s, want one at the flow's end")
	}
	broken := siptest.New(t, a.at)
	broken.SDP = "hello"
	if m := broken.Dial(); m.Code() != 400 {
		t.Fatalf("got %s, want 400", m.Start)
	}
	address := regexp.MustCompile(`"url":"(http://[^"]+/metrics)"`).FindStringSubmatch(a.errs.String())
	for _, want := range []string{
		`callfn_rtp_packets_total{what="received"} 5`, `callfn_rtp_packets_total{what="lost"} 2`,
		`callfn_rtp_packets_total{what="late"} 1`, `callfn_sip_answer_seconds_count 1`,
		`callfn_sip_answer_seconds_bucket{le="2"} 1`, `callfn_sip_refused_total{code="400"} 1`,
		`callfn_sip_refused_total{code="503"} 0`, `callfn_calls_total{how="flow_ended"} 1`,
	} {
		await.Value(t, want, func() (string, bool) {
			_, body := get(t, address[1])
			return body, strings.Contains(body, want+"\n")
		})
	}
}

// Every alert uses metrics that the service has, and Prometheus accepts the file.
func TestAlerts(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "alerts.yml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, "--metrics-listen=127.0.0.1:0",
		"--runner=direct", "--sip=127.0.0.1:0", "--rtp-ports=28000-28999", "--speech-command=none")
	callWorks(t, s)
	address := regexp.MustCompile(`"url":"(http://[^"]+/metrics)"`).FindStringSubmatch(s.errs.String())
	_, told := get(t, address[1])
	asked := regexp.MustCompile(`callfn_[a-z_]+`).FindAllString(string(text), -1)
	if len(asked) < 10 {
		t.Errorf("the alerts ask for %d metrics; want at least 10", len(asked))
	}
	for _, name := range asked {
		if !strings.Contains(told, "\n"+name+"{") && !strings.Contains(told, "\n"+name+" ") {
			t.Errorf("got no metric %s, want every one that the alerts ask for", name)
		}
	}
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not here, so the rules themselves are not checked: install prometheus and run the test again")
	}
	if out, err := exec.Command(promtool, "check", "rules", file).CombinedOutput(); err != nil {
		t.Errorf("promtool check rules: got %v\n%s, want no error", err, out)
	}
}
