package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// deletedFlag makes a listing show deleted things.
type deletedFlag struct {
	Deleted bool
}

// deletedItem is a deleted thing as listings show it.
type deletedItem struct {
	item
	Modified int64 `json:"modified"` // when it was deleted, in gregorian seconds
}

// listDeleted prints the deleted things of a kind.
func (f clientFlags) listDeleted(ctx context.Context, env environment, n noun) error {
	return f.ask(ctx, env, http.MethodGet, func(api *client) string {
		return api.path(n.resource) +
			"?paginate=false&deleted=true"
	}, nil,
		func(raw json.RawMessage) error {
			list, err := decodeList[deletedItem](env, raw, "no "+n.one+"s were deleted")
			if err != nil || len(list) == 0 {
				return err
			}
			slices.SortStableFunc(list, func(a, b deletedItem) int { return int(b.Modified - a.Modified) })
			t := newTable("ID", "DELETED", "NAME")
			for _, i := range list {
				t.row(i.ID, changed(i.Modified), strings.TrimSpace(firstOf(i.Name, i.Username)+" "+strings.Join(i.Numbers, " ")))
			}
			return t.print(env)
		})
}

// undelete restores a deleted thing by its id, or by its name if only one deleted thing has it.
func (f clientFlags) undelete(ctx context.Context, env environment, n noun, ref string,
	text func(json.RawMessage) error,
) error {
	api, err := f.open(ctx, env)
	if err != nil {
		return err
	}
	if !idForm.MatchString(ref) {
		if ref, err = api.findAmong(ctx, n, ref, "&deleted=true"); err != nil {
			return err
		}
	}
	return f.send(ctx, env, api, http.MethodPost, api.path(n.resource)+"/"+url.PathEscape(ref)+"/undelete", nil, text)
}

// gregorian is the number of seconds from KAZOO's year 0 to 1970.
const gregorian = 62167219200

// changed formats KAZOO's seconds for people; "" for none.
func changed(seconds int64) string {
	if seconds <= 0 {
		return ""
	}
	return moment(time.Unix(seconds-gregorian, 0))
}
