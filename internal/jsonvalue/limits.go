package jsonvalue

// Limits bounds what Decode accepts. A zero field means its default.
type Limits struct {
	// Bytes is the largest input, in bytes. Default 1 MiB.
	Bytes int
	// Depth is the deepest nesting of objects and arrays: a scalar alone has depth 0, {} has depth 1. Default 100. A
	// callflow node needs two levels (children, and the node itself), so 100 allows about 48 nodes in a row.
	Depth int
	// Values is the most values (objects, arrays, scalars) in the input. Default 100,000. Two input bytes such as "0,"
	// take about 40 bytes of memory, so a limit on bytes alone does not bound memory.
	Values int
}

// The defaults of Limits.
const (
	DefaultBytes  = 1 << 20
	DefaultDepth  = 100
	DefaultValues = 100_000
)

// Decode refuses numbers beyond these bounds: turning 1e1000000000 into an exact number takes gigabytes, and no
// JavaScript engine or Erlang float holds an exponent beyond 308.
const (
	// MaxNumberBytes is the longest number literal, in bytes.
	MaxNumberBytes = 400
	// MaxExponent is the largest magnitude of an exponent.
	MaxExponent = 400
)

func (l Limits) withDefaults() Limits {
	if l.Bytes <= 0 {
		l.Bytes = DefaultBytes
	}
	if l.Depth <= 0 {
		l.Depth = DefaultDepth
	}
	if l.Values <= 0 {
		l.Values = DefaultValues
	}
	return l
}
