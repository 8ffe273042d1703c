package crossbar

import (
	"fmt"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/clip"
	"callfn/internal/datastore"
	"callfn/internal/pattern"
	"callfn/schemas"
)

// checkRegexes checks every regular expression of a document. The engine must be able to execute those that callfn
// matches, also together. Unusable ones that are only stored for KAZOO give warnings.
func checkRegexes(v Validator, schema string, public map[string]any) (schemas.FieldErrors, []schemas.Warning) {
	var fields schemas.FieldErrors
	var warnings []schemas.Warning
	cost, together := 0, 0
	for _, r := range v.Regexes(schema, public) {
		if cost += pattern.Cost(r.Text); cost > pattern.MaxCost {
			fields.Add(r.Path, "maxSize", schemas.Violation{
				"message": "The regular expressions of one document must not be this long together", "target": pattern.MaxCost,
			})
			break
		}
		err := pattern.Check(r.Text)
		switch {
		case err != nil && r.Stored:
			warnings = append(warnings, schemas.Warning{
				Path:    r.Path,
				Message: "not a regular expression of this service's engine, which only keeps it: " + r.Explain(err),
			})
		case err != nil:
			fields.Add(r.Path, "invalid", schemas.Violation{
				"message": "Not a usable regular expression: " + r.Explain(err), "value": clip.Name(r.Text),
			})
		case r.Together:
			if together += pattern.Size(r.Text); together > pattern.MaxTotal {
				fields.Add(r.Path, "maxSize", schemas.Violation{
					"message": "The regular expressions up to this one are larger together than one look-up may try",
					"target":  pattern.MaxTotal,
				})
				return fields, warnings
			}
		}
	}
	return fields, warnings
}

// Limits of one callflow's lists. The embedded node's views take no more rows from one document.
const (
	maxNumbers  = 5000
	maxPatterns = 1000
)

// checkLists bounds the numbers and patterns of a callflow.
func checkLists(numbers, patterns []string) schemas.FieldErrors {
	var fields schemas.FieldErrors
	for _, list := range []struct {
		name        string
		items, most int
	}{{"numbers", len(numbers), maxNumbers}, {"patterns", len(patterns), maxPatterns}} {
		if list.items > list.most {
			fields.Add(list.name, "maxItems", schemas.Violation{
				"message": fmt.Sprintf("The list is more than %d items: split it over several callflows", list.most),
				"target":  list.most,
			})
		}
	}
	return fields
}

// checkAccountPatterns bounds the patterns of all the account's callflows together. Each call whose number no callflow
// lists tries all of them.
func (c callflowChecker) checkAccountPatterns(x *exchange, doc datastore.Document,
	patterns []string,
) (schemas.FieldErrors, error) {
	var fields schemas.FieldErrors
	if len(patterns) == 0 {
		return nil, nil
	}
	rows, err := c.directory.Patterns(x.ctx, account.ID(x.account.ID()))
	if err != nil {
		return nil, err
	}
	others, own := 0, 0
	for _, row := range rows {
		if row.ID != callflow.ID(doc.ID()) {
			others += pattern.Size(row.Pattern)
		}
	}
	for _, text := range patterns {
		own += pattern.Size(text)
	}
	if others+own > pattern.MaxTotal {
		fields.Add("patterns", "maxSize", schemas.Violation{
			"message": fmt.Sprintf("The account's patterns would be too large together: each call may try a size of %d, its "+
				"other "+
				"callflows have %d, and this one %d. List numbers instead, or write fewer and shorter patterns", pattern.MaxTotal,
				others, own),
			"target": pattern.MaxTotal,
		})
	}
	return fields, nil
}
