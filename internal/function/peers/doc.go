// Package peers measures JavaScript engines of others with the functions that callfn's own benchmarks run: goja and
// otto with a fresh runtime for every call, as the older Go function servers for KAZOO have it, goja also behind pipes,
// and node's vm with a fresh context. It is a module of its own, so that callfn does not depend on them.
package peers
