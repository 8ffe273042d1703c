package main

import (
	"errors"
	"strings"
)

// rehearsalFlags are the flags that become members of a pretend call and its script.
var rehearsalFlags = map[string]string{
	"To": "--to", "From": "--from", "Caller-ID-Name": "--caller-id-name", "Caller-ID-Number": "--caller-id-number",
	"Digits":     "--digits",
	"script.now": "--at", "script.timezone": "--timezone", "script.digits": "--digits", "script.real_http": "--real-http",
	"script.hangup_after_ms": "--hang-up",
}

// byFlag names the flags in an API error about a pretend call, instead of the members that the command made of them.
// file is the file that the script came from, whose members the person wrote.
func byFlag(err error, file string) error {
	var refused *apiError
	if !errors.As(err, &refused) {
		return err
	}
	for i, detail := range refused.details {
		path, rest, ok := strings.Cut(detail, ": ")
		if !ok {
			continue
		}
		if name := flagOf(path, file); name != "" {
			refused.details[i] = name + ": " + rest
		}
	}
	return err
}

// flagOf returns the flag that a member comes from, or "".
func flagOf(path, file string) string {
	path = strings.TrimPrefix(path, "call.")
	if rest, scripted := strings.CutPrefix(path, "script."); scripted {
		if file != "" {
			return file + ", " + rest
		}
		for prefix, flag := range map[string]string{"answers.": "--answer ", "http.": "--http ", "digits.": "--digits "} {
			if key, ok := strings.CutPrefix(rest, prefix); ok {
				return flag + key
			}
		}
	}
	if flag := rehearsalFlags[path]; flag != "" {
		return flag
	}
	for _, object := range []string{
		"Custom-SIP-Headers", "Custom-Application-Vars", "Custom-Channel-Vars", "Call-ID",
		"Language", "User-ID",
	} {
		if path == object || strings.HasPrefix(path, object+".") {
			return "--param " + path
		}
	}
	return ""
}
