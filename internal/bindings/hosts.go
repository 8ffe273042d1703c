package bindings

import (
	"errors"

	"callfn/internal/hostname"
	"callfn/internal/strictjson"
)

// hosts reads a list of host patterns in their one form (package hostname).
func hosts(path string, value []byte) ([]string, error) {
	if strictjson.KindOf(value) != strictjson.Array {
		return nil, wrong(path, "it must be a list of host names")
	}
	elements := strictjson.Elements(value)
	if len(elements) > MaxHosts {
		return nil, wrong(path, "%d hosts, at most %d", len(elements), MaxHosts)
	}
	all := make([]string, 0, len(elements))
	for _, e := range elements {
		written, err := text(path, e)
		if err != nil {
			return nil, err
		}
		pattern, err := hostname.Parse(written)
		if errors.Is(err, hostname.ErrTooWide) {
			return nil, wrong(path, "%v: a wildcard covers one registrable domain, such as *.example.com", err)
		}
		if err != nil {
			return nil, wrong(path, "%v: write a name such as api.example.com, without scheme and path", err)
		}
		all = append(all, pattern.String())
	}
	return all, nil
}
