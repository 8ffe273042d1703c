package callflow

import (
	"context"
	"encoding/json"
	"strings"

	"callfn/internal/account"
	"callfn/internal/datastore"
)

// punctuation is what people write into phone numbers.
var punctuation = strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "")

// AccountsOfNumber names the accounts that have a callflow with a phone number, however it is written.
// What KAZOO would not take for a phone number (extensions, feature codes, no_match) belongs to nobody, as there
// (knm_numbers:lookup_account).
func AccountsOfNumber(ctx context.Context, datastores datastore.Resolver, number string) ([]account.ID, error) {
	number = Normalize(punctuation.Replace(number))
	if !strings.HasPrefix(number, "+") || !onlyDigits(number) {
		return nil, nil
	}
	// As Keys the number travels in a body: in a URL it would be in the datastore's access log.
	rows, err := Collection(datastores).View(ctx, "accounts_by_number", datastore.Query{Keys: []any{number}})
	if err != nil {
		return nil, err
	}
	seen := map[account.ID]bool{}
	var ids []account.ID
	for _, row := range rows {
		var id account.ID
		if json.Unmarshal(row.Value, &id) == nil && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids, nil
}
