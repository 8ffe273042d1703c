package sandbox

import (
	"encoding/json"
	"strconv"
	"testing"

	"callfn/couchapp"
	"callfn/internal/runs"
)

// The time of one run inside the worker, part by part.
func BenchmarkRealm(b *testing.B) {
	job := Job{
		Kind: KindShow, Run: "b", Limits: Limits{}.WithDefaults(), Req: json.RawMessage(`{"query":{"To":"1000"}}`),
		Source: `function (doc, req) { return {json: new Function('req', doc.js)(req)}; }`,
		Doc:    json.RawMessage(`{"js":"return {module: 'tts', data: {text: 'Thanks for calling us ' + req.query.To}}"}`),
	}
	r, err := newRealm()
	if err != nil {
		b.Fatal(err)
	}
	defer r.close()
	b.Run("make and close", func(b *testing.B) {
		for b.Loop() {
			r, err := newRealm()
			if err != nil {
				b.Fatal(err)
			}
			r.close()
		}
	})
	b.Run("put back and run", func(b *testing.B) { putBackAndRun(b, r, job) })
	wh, err := couchapp.Assemble("functions", couchapp.Callfn)
	if err != nil {
		b.Fatal(err)
	}
	job.Source = wh.Shows["wh"]
	job.Doc = json.RawMessage(`{"_id":"f","_rev":"1-a","pvt_type":"function","pvt_account_id":"a","name":"say hi",` +
		`"function_js":""}`)
	job.Body = []byte(`return {'module':'tts', 'data':{'text':'Thanks for calling us ' + call['Caller-ID-Name']}};`)
	job.Members, job.Req = `["query","form","headers"]`, json.RawMessage(`{"query":null,"form":null,"headers":{}}`)
	job.Query = json.RawMessage(`{"Account-ID":"a","Call-ID":"1234567890@10.0.0.1","Caller-ID-Name":"Alice",` +
		`"Caller-ID-Number":"4158867900","From":"4158867900","To":"1000"}`)
	job.Form = json.RawMessage(`{}`)
	b.Run("put back and run wh", func(b *testing.B) { putBackAndRun(b, r, job) })
}

// The time that dates take, and a world that formats one, for which intl.js is loaded.
func BenchmarkRealmDates(b *testing.B) {
	zone, err := zones{}.find("America/Los_Angeles")
	if err != nil {
		b.Fatal(err)
	}
	r, err := newRealm()
	if err != nil {
		b.Fatal(err)
	}
	defer r.close()
	for name, js := range map[string]string{
		"none": `return 1`, "now": `return new Date().getHours()`,
		"local": `return new Date(2026, 2, 8, 9).setHours(17, 0, 0, 0)`,
		"toLocaleString": `return new Date().toLocaleString('en-US', {timeZone: 'America/New_York', weekday: 'long', hour: ` +
			`'numeric'})`,
	} {
		job := Job{
			Kind: KindShow, Run: "b", Limits: Limits{}.WithDefaults(), Req: json.RawMessage(`{}`),
			Doc:    json.RawMessage(strconv.Quote(js)),
			Source: `function (doc, req) { return {json: (function () { ` + js + ` })()}; }`,
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r.tidy()
				if a := r.run(job, zone); a.outcome != runs.OK {
					b.Fatalf("got %+v, want %s", a, runs.OK)
				}
			}
		})
	}
}

func putBackAndRun(b *testing.B, r *realm, job Job) {
	for b.Loop() {
		r.tidy()
		if a := r.run(job, nil); a.outcome != runs.OK {
			b.Fatalf("got %+v, want %s", a, runs.OK)
		}
	}
}
