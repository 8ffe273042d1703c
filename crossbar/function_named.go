package crossbar

import (
	"fmt"
	"strings"

	"callfn/internal/clip"
	"callfn/internal/datastore"
	"callfn/internal/function"
)

// mostNamesakes bounds the ids that an ambiguous name is answered with.
const mostNamesakes = 20

// functionNamed reads the function of the account that a text names: 32 hexadecimal digits are always an id, anything
// else is a name that only one function has. Two of a name answer 409 with the ids of both: what runs must never depend
// on which was stored first.
func (a *API) functionNamed(x *exchange, ref string) (datastore.Document, error) {
	functions := function.Collection(a.cfg.Datastores)
	id := ref
	if !datastore.ValidID(ref) {
		rows, err := functions.View(x.ctx, "by_name", datastore.Query{
			Keys: []any{[]any{string(x.account.ID()), ref}}, Limit: mostNamesakes,
		})
		if err != nil {
			return nil, err
		}
		switch len(rows) {
		case 0:
			f := badIdentifier(ref)
			f.data = map[string]any{"message": "no function of this account has this name", "cause": clip.Name(ref)}
			return nil, f
		case 1:
			id = rows[0].ID
		default:
			ids := make([]string, len(rows))
			for i, row := range rows {
				ids[i] = row.ID
			}
			return nil, fail(409, "ambiguous_name", map[string]any{
				"message": fmt.Sprintf("several functions are called %q: give the id of one of them: %s", clip.Name(ref),
					strings.Join(ids, ", ")),
				"cause": clip.Name(ref), "ids": ids,
			})
		}
	}
	x.about = id
	return functions.Get(x.ctx, string(x.account.ID()), id)
}
