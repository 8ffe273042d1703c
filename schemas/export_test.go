package schemas

import "io/fs"

// Compile returns a set of small schemas for tests.
func Compile(dir fs.FS) (*Set, error) {
	c, err := compile(dir)
	if err != nil {
		return nil, err
	}
	return &Set{compiled: c, limits: Limits{}.withDefaults()}, nil
}

// IsClientURL and CastTo are tested by themselves.
var (
	IsClientURL = isClientURL
	CastTo      = castTo
)
