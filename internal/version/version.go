// Package version says which callfn this is.
package version

import "runtime/debug"

// number is raised with each release.
const number = "0.1.0"

// String is the release, with the commit it was built from where the build knows it.
func String() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return number
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return number + "+" + s.Value[:12]
		}
	}
	return number
}
