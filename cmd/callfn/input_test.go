package main

import (
	"strings"
	"testing"
)

// A saved answer of the API stands for its data. If the data is not an object, there is nothing to send.
func TestJSONObjectTakesDataOfAnswers(t *testing.T) {
	for text, want := range map[string]string{
		`{"numbers":["1"]}`:                          `{"numbers":["1"]}`,
		`{"data":{"a":1},"status":"success"}`:        `{"a":1}`,
		`{"data": {"a":1} }`:                         `{"a":1}`,
		`{"data":{"a":1},"numbers":["1"]}`:           `{"data":{"a":1},"numbers":["1"]}`,
		`{"data":null}`:                              "its data is no object",
		`{"data":[],"status":"success"}`:             "its data is no object",
		`{"data":"x","request_id":"1","node":"n"}`:   "its data is no object",
		`{"data":null,"numbers":["1"],"status":"x"}`: `{"data":null,"numbers":["1"],"status":"x"}`,
		`[1]`: "is no JSON object",
	} {
		got, err := jsonObject("f.json", text)
		if err != nil {
			got = []byte(err.Error())
		}
		if string(got) != want && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
