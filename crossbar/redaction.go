package crossbar

import (
	"net/url"
	"strings"

	"callfn/internal/redact"
	"callfn/schemas"
)

// withoutSecrets removes passwords from the values of field errors, which repeat what the client sent. Answers end up
// in logs and tickets.
func withoutSecrets(fields schemas.FieldErrors) schemas.FieldErrors {
	out := make(schemas.FieldErrors, len(fields))
	for path, validators := range fields {
		hidden := secretPath(path)
		out[path] = make(map[string]schemas.Violation, len(validators))
		for name, violation := range validators {
			shown := make(schemas.Violation, len(violation))
			for key, value := range violation {
				if key == "value" || key == "cause" {
					value = withoutSecret(value, hidden)
				}
				shown[key] = value
			}
			out[path][name] = shown
		}
	}
	return out
}

// secretPath reports whether a path of a field error leads to a secret or below one.
func secretPath(path string) bool {
	for name := range strings.SplitSeq(path, ".") {
		if secretName(name) {
			return true
		}
	}
	return false
}

func secretName(name string) bool {
	switch strings.ToLower(name) {
	case "credentials", "api_key", "auth":
		return true
	}
	return redact.Secret(name)
}

// withoutSecret replaces the secrets in a value by a mark. It keeps the name of a missing member, which is a value too.
func withoutSecret(value any, hidden bool) any {
	switch v := value.(type) {
	case string:
		if hidden && !secretName(v) {
			return redact.Mark
		}
		return withoutPassword(v)
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, item := range v {
			out[name] = withoutSecret(item, hidden || secretName(name))
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = withoutSecret(item, hidden)
		}
		return out
	case nil, bool:
		return v
	}
	if hidden {
		return redact.Mark
	}
	return value
}

// withoutPassword removes the password from a text that may be a URL.
func withoutPassword(text string) string {
	if !strings.Contains(text, "@") || !strings.Contains(text, "://") {
		return text
	}
	u, err := url.Parse(text)
	if err != nil {
		return redact.Mark
	}
	if _, has := u.User.Password(); !has {
		return text
	}
	return u.Redacted()
}
