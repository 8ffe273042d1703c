package bindings

import (
	"bytes"
	"encoding/json"
	"strings"

	"callfn/internal/strictjson"
)

// Declared reports whether a document's member `bindings` declares anything: it is there, not null, and no object
// without members. A function that declares nothing runs on every engine, as it did before there were bindings. The
// show `wh` decides the same (couchapp, lib/refusal.js).
func Declared(raw json.RawMessage) bool {
	if len(raw) == 0 {
		return false
	}
	switch strictjson.KindOf(raw) {
	case strictjson.Null:
		return false
	case strictjson.Object:
		return len(bytes.TrimSpace(raw[1:len(raw)-1])) > 0
	}
	return true
}

// Parse reads a document's member `bindings`. Absent ("" or nil) and null are a function without bindings. Anything
// that it does not know is an *Error: a grant that is misspelt, or of a later version, must not be dropped silently.
func Parse(raw json.RawMessage) (Declaration, error) {
	var d Declaration
	if len(raw) == 0 {
		return d, nil
	}
	compact, err := strictjson.Compact(nil, raw, maxDepth)
	if err != nil {
		return d, wrong("", "it is no well-formed JSON: %v", err)
	}
	if strictjson.KindOf(compact) == strictjson.Null {
		return d, nil
	}
	members, err := object("", compact)
	if err != nil {
		return d, err
	}
	for _, m := range members {
		switch m.Name {
		case "env":
			d.Env, err = env(m.Value)
		case "secrets":
			d.Secrets, err = secrets(m.Value)
		case "kv":
			d.KV, err = kv(m.Value)
		case "http":
			d.HTTP, err = http(m.Value)
		case "std":
			d.Std, err = boolean("std", m.Value)
		case "compat":
			d.Compat, err = oneOf("compat", m.Value, CompatFunctionserver)
		default:
			err = unknown("", m.Name, "env, secrets, kv, http, std, compat")
		}
		if err != nil {
			return Declaration{}, err
		}
	}
	return d, nil
}

func env(value []byte) (map[string]string, error) {
	members, err := object("env", value)
	if err != nil {
		return nil, err
	}
	if len(members) > MaxEnv {
		return nil, wrong("env", "%d constants, at most %d", len(members), MaxEnv)
	}
	all := make(map[string]string, len(members))
	for _, m := range members {
		path := "env." + m.Name
		if err := name("env", m.Name); err != nil {
			return nil, err
		}
		text, err := text(path, m.Value)
		if err != nil {
			return nil, err
		}
		if len(text) > MaxEnvBytes {
			return nil, wrong(path, "%d bytes, at most %d", len(text), MaxEnvBytes)
		}
		all[m.Name] = text
	}
	return all, nil
}

// secrets reads a list of names, or an object of them with the hosts that each is narrowed to.
func secrets(value []byte) (map[string][]string, error) {
	all := map[string][]string{}
	add := func(n string, hosts []string) error {
		if err := name("secrets", n); err != nil {
			return err
		}
		if all[n] = hosts; len(all) > MaxSecrets {
			return wrong("secrets", "more than %d names", MaxSecrets)
		}
		return nil
	}
	if strictjson.KindOf(value) == strictjson.Array {
		for _, e := range strictjson.Elements(value) {
			n, err := text("secrets", e)
			if err == nil {
				err = add(n, nil)
			}
			if err != nil {
				return nil, err
			}
		}
		return all, nil
	}
	members, err := object("secrets", value)
	if err != nil {
		return nil, wrong("secrets", "it must be a list of names, or an object {NAME: {hosts: […]}}")
	}
	for _, m := range members {
		path := "secrets." + m.Name
		inner, err := object(path, m.Value)
		if err != nil {
			return nil, err
		}
		var narrowed []string
		for _, i := range inner {
			if i.Name != "hosts" {
				return nil, unknown(path, i.Name, "hosts")
			}
			if narrowed, err = hosts(path+".hosts", i.Value); err != nil {
				return nil, err
			}
		}
		if err := add(m.Name, narrowed); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func kv(value []byte) (*KV, error) {
	members, err := object("kv", value)
	if err != nil {
		return nil, err
	}
	var grant KV
	for _, m := range members {
		switch m.Name {
		case "scope":
			grant.Scope, err = oneOf("kv.scope", m.Value, ScopeAccount, ScopeFunction)
		case "write":
			grant.Write, err = boolean("kv.write", m.Value)
		default:
			err = unknown("kv", m.Name, "scope, write")
		}
		if err != nil {
			return nil, err
		}
	}
	if grant.Scope == "" {
		return nil, wrong("kv.scope", `it is missing: "account" or "function"`)
	}
	return &grant, nil
}

func http(value []byte) (*HTTP, error) {
	members, err := object("http", value)
	if err != nil {
		return nil, err
	}
	var grant HTTP
	for _, m := range members {
		if m.Name != "hosts" {
			return nil, unknown("http", m.Name, "hosts")
		}
		if grant.Hosts, err = hosts("http.hosts", m.Value); err != nil {
			return nil, err
		}
	}
	if len(grant.Hosts) == 0 {
		return nil, wrong("http.hosts", "it names no host")
	}
	return &grant, nil
}

func object(path string, value []byte) ([]strictjson.Member, error) {
	if strictjson.KindOf(value) != strictjson.Object {
		return nil, wrong(path, "it must be an object")
	}
	return strictjson.Members(value), nil
}

func text(path string, value []byte) (string, error) {
	if strictjson.KindOf(value) != strictjson.String {
		return "", wrong(path, "it must be text")
	}
	return strictjson.Unquote(value), nil
}

func boolean(path string, value []byte) (bool, error) {
	switch string(value) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, wrong(path, "it must be true or false")
}

func oneOf(path string, value []byte, known ...string) (string, error) {
	t, err := text(path, value)
	if err != nil {
		return "", err
	}
	for _, k := range known {
		if t == k {
			return t, nil
		}
	}
	return "", wrong(path, `it must be "%s"`, strings.Join(known, `" or "`))
}

// name checks the name of a constant or a secret. A name that begins with a letter means the same in every language.
func name(path, n string) error {
	good := n != "" && len(n) <= MaxNameBytes
	for i, c := range []byte(n) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		good = good && (letter || i > 0 && (c == '_' || c >= '0' && c <= '9'))
	}
	if good {
		return nil
	}
	if len(n) > MaxNameBytes {
		n = n[:MaxNameBytes] + "…"
	}
	return wrong(path, "%q is no name: letters, digits and _, a letter first, at most %d", n, MaxNameBytes)
}

func unknown(path, n, known string) error {
	if len(n) > MaxNameBytes {
		n = n[:MaxNameBytes] + "…"
	}
	return wrong(path, "%q is unknown here: known are %s", n, known)
}
