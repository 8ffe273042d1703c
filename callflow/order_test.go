package callflow_test

import (
	"encoding/json"
	"strings"
	"testing"

	"callfn/callflow"
)

// A webhook sends the members of data.custom_data in their order.
func TestWebhooksKeepTheirOrder(t *testing.T) {
	const custom = `{"zeta":{"y":1,"x":2},"alpha":[{"b":1,"a":2}]}`
	var flow callflow.Node
	if err := json.Unmarshal([]byte(`{"module":"webhook","data":{"uri":"https://a.example/","custom_data":`+custom+`}}`),
		&flow); err != nil {
		t.Fatal(err)
	}
	trace := rehearse(t, flow)
	if len(trace.Steps) != 1 || len(trace.Steps[0].Commands) != 1 {
		t.Fatalf("want one step that asks once, got %+v", trace.Steps)
	}
	if body, _ := trace.Steps[0].Commands[0].Args["Body"].(string); !strings.Contains(body, `"custom_data":`+custom) {
		t.Errorf("want %s in the body, got %s", custom, body)
	}
}

// A trace is unchanged after JSON: the command line prints what the service did.
func TestTracesKeepTheirOrder(t *testing.T) {
	var flow callflow.Node
	if err := json.Unmarshal([]byte(`{"module":"temporal_route","data":{"zeta":1,"alpha":{"y":1,"x":2}},`+
		`"children":{"z":{},"a":{}}}`), &flow); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(rehearse(t, flow))
	if err != nil {
		t.Fatal(err)
	}
	var trace callflow.Trace
	if err := json.Unmarshal(text, &trace); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(trace)
	if err != nil || string(again) != string(text) || !strings.Contains(string(text),
		`"data":{"zeta":1,"alpha":{"y":1,"x":2}}`) {
		t.Errorf("got %s, %v; want %s", again, err, text)
	}
}
