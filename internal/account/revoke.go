package account

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"callfn/internal/datastore"
)

// revokedField of an account's document holds its revoked tokens: token id -> when it would have expired, Unix
// seconds. It lives in the account because the account is read for every request anyway.
const revokedField = "pvt_revoked_tokens"

// mostRevoked bounds the list. Whoever logs out more often than that within a token's lifetime loses all tokens at
// once: the safe side.
const mostRevoked = 500

// TokenRevoked reports whether a token of the account was revoked.
func (a Account) TokenRevoked(tokenID string) bool {
	revoked, _ := a.doc[revokedField].(map[string]any)
	_, found := revoked[tokenID]
	return found
}

// RevokeToken voids one token of the account until it expires by itself.
func (s *Store) RevokeToken(ctx context.Context, id ID, tokenID string, expires time.Time, stamp datastore.Stamp) error {
	secret, err := randomHex(s.cfg.Random, 16)
	if err != nil {
		return err
	}
	_, err = s.change(ctx, id, stamp, func(doc datastore.Document) {
		kept := map[string]any{tokenID: json.Number(strconv.FormatInt(expires.Unix(), 10))}
		revoked, _ := doc[revokedField].(map[string]any)
		for other, until := range revoked {
			if n, ok := until.(json.Number); ok {
				if at, err := n.Int64(); err == nil && at > s.cfg.Now().Unix() {
					kept[other] = n
				}
			}
		}
		doc[revokedField] = kept
		if len(kept) > mostRevoked {
			delete(doc, revokedField)
			doc["pvt_signature_secret"] = secret
		}
	})
	return err
}
