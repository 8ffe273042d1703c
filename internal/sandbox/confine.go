package sandbox

import (
	"fmt"
	"strings"
)

// Confinement lists the restrictions on a worker. The worker measures them itself after it asked the kernel.
type Confinement struct {
	Descriptors bool `json:"descriptors"`  // nothing open but its pipes
	Rlimits     bool `json:"rlimits"`      // no core, no file growth, few descriptors, bounded data segment and addresses
	User        bool `json:"user"`         // not root
	NoNewPrivs  bool `json:"no_new_privs"` // nothing it could execute would gain rights
	// Landlock is the ABI version in force: no files, from 4 on no TCP, from 6 on no signals to others; 0 for none.
	Landlock int `json:"landlock"`
	// Seccomp is an allow-list of system calls: no exec, no fork, no new threads, no files, no sockets.
	Seccomp bool `json:"seccomp"`
}

// Full reports whether every restriction that this package knows is in force.
func (c Confinement) Full() bool { return len(c.Missing()) == 0 }

// Missing names the restrictions that are not in force.
func (c Confinement) Missing() []string {
	var m []string
	for _, part := range []struct {
		name string
		on   bool
	}{
		{"closed descriptors", c.Descriptors},
		{"rlimits", c.Rlimits},
		{"a user other than root", c.User},
		{"no_new_privs", c.NoNewPrivs},
		{"landlock", c.Landlock > 0},
		{"seccomp", c.Seccomp},
	} {
		if !part.on {
			m = append(m, part.name)
		}
	}
	return m
}

// seccompAlone names what this kernel's landlock is too old to refuse, so that only the system call filter refuses it.
func (c Confinement) seccompAlone() []string {
	var alone []string
	if c.Landlock < 4 {
		alone = append(alone, "TCP")
	}
	if c.Landlock < 6 {
		alone = append(alone, "signals to other processes")
	}
	return alone
}

// String returns the text for logs: "full", or what is missing, and what only one of two restrictions refuses.
func (c Confinement) String() string {
	held := "full"
	if !c.Full() {
		held = "without " + strings.Join(c.Missing(), ", ")
	}
	if alone := c.seccompAlone(); c.Landlock > 0 && c.Seccomp && len(alone) > 0 {
		held += fmt.Sprintf("; this kernel's landlock (version %d) cannot refuse %s, seccomp alone does",
			c.Landlock, strings.Join(alone, " and "))
	}
	return held
}
