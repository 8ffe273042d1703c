package schemas

import "io/fs"

// Compile lets tests use small schemas of their own.
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
