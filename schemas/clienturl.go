package schemas

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// clientURLs are the properties that KAZOO hands to its check of client URLs (kazoo-facts §5.2).
var clientURLs = []struct{ schema, property string }{
	{"callflows.webhook", "uri"},
	{"callflows.pivot", "voice_url"},
	{"callflows.record_call", "url"},
	{"callflows.record_caller", "url"},
	{"metaflows.pivot", "voice_url"},
	{"metaflows.record_call", "url"},
}

func (c *compiled) addURLChecks() {
	for _, u := range clientURLs {
		if schema, ok := c.schemas[u.schema]; ok {
			property := schema.Properties[u.property]
			property.Extensions = append(property.Extensions, urlCheck{})
		}
	}
}

// noClientURL is the failure of a URL to be one that a client may name.
type noClientURL struct{ ownKind }

// urlCheck refuses URLs that no client has a reason to name.
type urlCheck struct{}

// Validate is part of jsonschema.SchemaExt.
func (urlCheck) Validate(ctx *jsonschema.ValidatorContext, v any) {
	if s, ok := v.(string); ok && !isClientURL(s) {
		ctx.AddError(&noClientURL{})
	}
}

// isClientURL holds for http and https URLs whose host is not this machine: KAZOO's default blacklist (localhost,
// 127.0.0.1, 0.0.0.0) and the other spellings of the same places. This catches mistakes and the plainest mischief; who
// connects must still check the address it connects to, since any name may resolve to anything.
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

// looksNumeric holds for hosts that old resolvers read as an IPv4 address although they are not written as one: 127.1,
// 2130706433, 0x7f.0.0.1. The last label of a real name is never a number.
func looksNumeric(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if rest, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(rest, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}
