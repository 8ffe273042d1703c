package crossbar

import (
	"net/http"
	"strings"
)

// crossOrigin reports whether a browser asks on behalf of a page (docs/reference/kazoo.md#cors).
func crossOrigin(header http.Header) bool {
	return header.Get("Origin") != "" || header.Get("Access-Control-Request-Method") != "" ||
		header.Get("Access-Control-Request-Headers") != ""
}

// allowCrossOrigin lets pages of any origin read the answer. Tokens are sent in headers, never in cookies, so a page
// can only use tokens that its user gave it.
func allowCrossOrigin(header http.Header, methods []string) {
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Access-Control-Allow-Methods", strings.Join(withOptions(methods), ", "))
	header.Set("Access-Control-Allow-Headers", "content-type, depth, user-agent, x-http-method-override, x-file-size, "+
		"x-requested-with, if-modified-since, x-file-name, cache-control, x-auth-token, x-kazoo-cluster-id, if-match, "+
		"if-none-match, authorization, x-request-id")
	header.Set("Access-Control-Expose-Headers", "content-type, x-auth-token, x-request-id, x-kazoo-cluster-id, "+
		"location, etag")
	header.Set("Access-Control-Max-Age", "86400")
}
