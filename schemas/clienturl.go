package schemas

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// clientURLs are the properties that KAZOO checks as client URLs (docs/reference/kazoo.md#external-checks).
var clientURLs = []struct{ schema, property string }{
	{"callflows.webhook", "uri"},
	{"callflows.pivot", "voice_url"},
	{"callflows.record_call", "url"},
	{"callflows.record_caller", "url"},
	{"metaflows.pivot", "voice_url"},
	{"metaflows.record_call", "url"},
	{"call_recording.parameters", "url"},
}

// clientURLSchemas returns the schemas of those properties.
func (c *compiled) clientURLSchemas() map[*jsonschema.Schema]bool {
	out := map[*jsonschema.Schema]bool{}
	for _, u := range clientURLs {
		if schema, ok := c.schemas[u.schema]; ok {
			out[schema.Properties[u.property]] = true
		}
	}
	return out
}

// isClientURL reports whether s is an http or https URL whose host is not this machine: KAZOO's default blacklist
// (localhost, 127.0.0.1, 0.0.0.0) and other spellings of these addresses. It catches mistakes and plain abuse. Whatever
// connects must check the address again (package guardedhttp), since a name may resolve to any address.
func isClientURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return false
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		addr = addr.Unmap()
		return !addr.IsLoopback() && !addr.IsUnspecified()
	}
	return !looksNumeric(host)
}

// looksNumeric reports whether old resolvers read a host as an IPv4 address although it is not written as one: 127.1,
// 2130706433, 0x7f.0.0.1. The last label of a real name is never a number.
func looksNumeric(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if rest, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(rest, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}
