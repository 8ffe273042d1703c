package sandbox

import "strings"

// Confinement says what holds a worker in, measured by the worker itself after it asked the kernel.
type Confinement struct {
	Descriptors bool `json:"descriptors"`  // nothing open but its pipes
	Rlimits     bool `json:"rlimits"`      // no core, no file growth, few descriptors, bounded data segment
	User        bool `json:"user"`         // not root
	NoNewPrivs  bool `json:"no_new_privs"` // nothing it could execute would gain rights
	Landlock    int  `json:"landlock"`     // ABI version in force: no files, from 4 on no TCP; 0 for none
	Seccomp     bool `json:"seccomp"`      // an allow-list of system calls: no exec, no fork, no files, no sockets
}

// Full reports whether everything this package knows is in force.
func (c Confinement) Full() bool { return len(c.Missing()) == 0 }

// Missing names what is not in force.
func (c Confinement) Missing() []string {
	var m []string
	for _, part := range []struct {
		name string
		on   bool
	}{
		{"closed descriptors", c.Descriptors}, {"rlimits", c.Rlimits}, {"a user other than root", c.User},
		{"no_new_privs", c.NoNewPrivs}, {"landlock", c.Landlock > 0}, {"seccomp", c.Seccomp},
	} {
		if !part.on {
			m = append(m, part.name)
		}
	}
	return m
}

// String is for logs: "full", or what is missing.
func (c Confinement) String() string {
	if c.Full() {
		return "full"
	}
	return "without " + strings.Join(c.Missing(), ", ")
}
