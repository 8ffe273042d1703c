package main

import (
	"strings"
	"testing"
)

// Saving a flow with speech warns only if no speech engine is available.
func TestSavingSpeechWithoutAnEngineWarns(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want bool
	}{
		{"no engine", []string{"--sip=127.0.0.1:0", "--rtp-ports=28000-28999", "--speech-command=none"}, true},
		{
			"an engine",
			[]string{"--sip=127.0.0.1:0", "--rtp-ports=28000-28999", "--speech-command=" + speechCommand(t)},
			false,
		},
		{"no calls", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, c.args...)
			who := login(t, s.url)
			code, body := send(t, "PUT", s.url+"/v2/accounts/"+who.account+"/callflows", who.token,
				`{"data":{"numbers":["1000"],"flow":{"module":"tts","data":{"text":"Hello."}}}}`)
			if warned := strings.Contains(body, "callers hear tones instead"); code != 201 || warned != c.want {
				t.Errorf("got %d %s, want it saved, and a warning: %v", code, body, c.want)
			}
		})
	}
}
