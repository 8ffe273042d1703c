package main

import "testing"

// TestAddressesWithAQueryHaveAnswers separates an address from its answer, whatever equals signs either has.
func TestAddressesWithAQueryHaveAnswers(t *testing.T) {
	for given, want := range map[string][2]string{
		"http://a.example/=503":                       {"http://a.example/", "503"},
		`*={"module":"hangup"}`:                       {"*", `{"module":"hangup"}`},
		"http://a.example/=answer.xml":                {"http://a.example/", "answer.xml"},
		"http://a.example/=a=b.xml":                   {"http://a.example/", "a=b.xml"},
		`http://a.example/?n=4711&m=={"text":"1={2"}`: {"http://a.example/?n=4711&m=", `{"text":"1={2"}`},
		"http://a.example/?n=4711=503":                {"http://a.example/?n=4711", "503"},
		"http://a.example/?n=1=<Response a=\"1\"/>":   {"http://a.example/?n=1", "<Response a=\"1\"/>"},
		"http://a.example/?n=1&m=2=answer.json":       {"http://a.example/?n=1&m=2", "answer.json"},
		"http://a.example/":                           {"http://a.example/", ""},
		"http://a.example/=":                          {"http://a.example/", ""},
		"=503":                                        {"", "503"},
		"":                                            {"", ""},
	} {
		if address, answer := addressAndAnswer(given); address != want[0] || answer != want[1] {
			t.Errorf("%s: got %q and %q, want %q", given, address, answer, want)
		}
	}
}
