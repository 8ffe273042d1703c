// Package account stores accounts and users: their tree, names, realms, API keys and credentials
// (docs/reference/kazoo.md#stored-documents, docs/reference/kazoo.md#access).
package account

import "regexp"

// ID names an account: 32 lower-case hex digits (docs/reference/kazoo.md#ids-and-times).
type ID string

var idShape = regexp.MustCompile(`^[0-9a-f]{32}$`)

// Valid reports whether id has the shape of an account id. The account may not exist.
func (id ID) Valid() bool { return idShape.MatchString(string(id)) }
