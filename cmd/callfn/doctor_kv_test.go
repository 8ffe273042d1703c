package main

import (
	"context"
	"testing"

	"callfn/internal/doctor"
)

// With a CouchDB there is a key-value store only where the operator says how several callfn share one.
func TestDoctorOfTheKeyValueStore(t *testing.T) {
	couch := couchFlags{CouchDBURL: "http://couch:5984"}
	for name, c := range map[string]struct {
		command doctorCommand
		want    doctor.Status
	}{
		"a CouchDB":             {doctorCommand{couchFlags: couch}, doctor.Change},
		"the only callfn":       {doctorCommand{couchFlags: couch, kvFlags: kvFlags{KVSingle: true}}, ""},
		"the embedded node":     {doctorCommand{}, ""}, // its file is examined with the data directory
		"a URL that is none":    {doctorCommand{kvFlags: kvFlags{NATSURL: "nats://a b"}}, doctor.Broken},
		"no such certificates":  {doctorCommand{kvFlags: kvFlags{NATSURL: "tls://a", NATSCA: "/nowhere"}}, doctor.Broken},
		"credentials not there": {doctorCommand{kvFlags: kvFlags{NATSURL: "nats://a", NATSCredentials: "/x"}}, doctor.Broken},
	} {
		var got doctor.Status
		for _, found := range c.command.examineKV(context.Background()) {
			got = found.Status
			if found.Says == "" || found.Fix == "" {
				t.Errorf("%s: got %+v, want what is so and what to do", name, found)
			}
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
