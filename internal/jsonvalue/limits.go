package jsonvalue

// Limits bound what Decode accepts. A zero field stands for its default.
type Limits struct {
	// Bytes is the largest input, in bytes. Default 1 MiB.
	Bytes int
	// Depth is how many objects and arrays may stand inside each other; a lone scalar has depth 0, {} has depth 1.
	// Default 100. A callflow node needs two levels (children, and the node itself), so 100 holds about 48 nodes in a row.
	Depth int
	// Values is how many values (objects, arrays, scalars) the input may hold in all. Default 100,000. One input byte pair
	// like "0," becomes some 40 bytes of memory, so bytes alone do not bound memory.
	Values int
}

// Defaults of Limits.
const (
	DefaultBytes  = 1 << 20
	DefaultDepth  = 100
	DefaultValues = 100_000
)

// Numbers beyond these bounds are refused everywhere: turning 1e1000000000 into an exact number costs gigabytes, and
// no JavaScript engine or Erlang float holds an exponent beyond 308.
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
