package doctor

import (
	"fmt"
	"strconv"
	"strings"
)

// version is a CouchDB version, such as 3.4.3.
type version [3]int

func parseVersion(text string) (v version, ok bool) {
	for i, part := range strings.SplitN(text, ".", 3) {
		digits := strings.TrimRightFunc(part, func(r rune) bool { return r < '0' || r > '9' })
		if cut := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); cut >= 0 {
			digits = digits[:cut]
		}
		n, err := strconv.Atoi(digits)
		if err != nil {
			return v, i > 0
		}
		v[i] = n
	}
	return v, true
}

func (v version) String() string { return fmt.Sprintf("%d.%d.%d", v[0], v[1], v[2]) }

func (v version) before(major, minor, patch int) bool {
	for i, n := range [3]int{major, minor, patch} {
		if v[i] != n {
			return v[i] < n
		}
	}
	return false
}

// versionIs judges the version (docs/reference/couchdb.md#isolation).
func (x *exam) versionIs(text string) {
	v, ok := parseVersion(text)
	if !ok {
		x.add("version", Unknown, "", "it calls itself version %.40q", text)
		return
	}
	x.version = v
	switch {
	case v[0] >= 4:
		x.add("version", Broken, "use CouchDB 3.3.3 or later of 3.x", "CouchDB %s has no show functions", v)
	case v[0] < 2:
		x.add("version", Change, "upgrade to CouchDB 3.3.3 or later of 3.x",
			"CouchDB %s is not supported any more, by nobody", v)
	case v.before(3, 3, 3):
		x.add("version", Change, "upgrade to 3.3.3 or later: CVE-2023-26268 (a sandbox shared between databases), "+
			"CVE-2023-45725 (shows see the caller's Authorization header)", "CouchDB %s", v)
	default:
		x.add("version", OK, "", "CouchDB %s", v)
	}
}
