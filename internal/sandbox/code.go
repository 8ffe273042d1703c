package sandbox

import (
	"fmt"

	"modernc.org/quickjs"
)

// maxCached bounds the show functions a worker keeps compiled. A design document has a handful.
const maxCached = 32

// codeCache keeps what every realm begins with as bytecode: parsing costs more than everything else in a short run. Only the
// operator's code is kept, the bootstrap and design documents' shows; bytecode is made here and never comes from outside.
type codeCache struct {
	boot  []byte
	shows map[string][]byte
}

func (c *codeCache) bootstrap() ([]byte, error) {
	if c.boot == nil {
		code, err := compile(bootstrap)
		if err != nil {
			return nil, fmt.Errorf("sandbox: bootstrap: %w", err)
		}
		c.boot = code
	}
	return c.boot, nil
}

// show compiles the source of a show function. The error is the engine's, about that source.
func (c *codeCache) show(source string) ([]byte, error) {
	if code, ok := c.shows[source]; ok {
		return code, nil
	}
	code, err := compile("(" + source + "\n)")
	if err != nil {
		return nil, err
	}
	if c.shows == nil || len(c.shows) >= maxCached {
		c.shows = map[string][]byte{}
	}
	c.shows[source] = code
	return code, nil
}

// compile parses in a realm of its own and runs nothing.
func compile(source string) ([]byte, error) {
	vm, err := quickjs.NewVM()
	if err != nil {
		return nil, err
	}
	defer func() { _ = vm.Close() }()
	vm.SetMemoryLimit(uintptr(DefaultLimits().Memory))
	_ = vm.SetEvalTimeout(DefaultLimits().Deadline)
	return vm.Compile(source, quickjs.EvalGlobal)
}
