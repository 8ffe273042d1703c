package jsonvalue_test

import (
	"testing"

	"callfn/internal/jsonvalue"
)

// benchmarkFlow is a typical flow that a function returns.
const benchmarkFlow = `{"module":"temporal_route","data":{"timezone":"Europe/Berlin"},"children":{` +
	`"lunch":{"module":"tts","data":{"text":"We are at lunch"},"children":{"_":{"module":"hangup","data":{}}}},` +
	`"open":{"module":"ring_group","data":{"endpoints":[{"endpoint_type":"user","id":"a","delay":0}],"timeout":20},` +
	`"children":{}},` +
	`"_":{"module":"voicemail","data":{"id":"0123456789abcdef0123456789abcdef","action":"compose"}}}}`

func BenchmarkDecode(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := jsonvalue.Decode([]byte(benchmarkFlow), jsonvalue.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOrderOf(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		jsonvalue.OrderOf([]byte(benchmarkFlow))
	}
}
