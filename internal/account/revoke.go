package account

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"callfn/internal/datastore"
)

// revokedField of an account's or user's document maps revoked token ids to their expiry in Unix seconds. Every request
// of the identity reads that document anyway.
const revokedField = "pvt_revoked_tokens"

// mostRevoked bounds the list. More revocations within a token's lifetime make all tokens of the identity invalid.
const mostRevoked = 500

// secretField of an account's or user's document is part of the signature of its tokens.
const secretField = "pvt_signature_secret"

// TokenRevoked reports whether a token of the account was revoked.
func (a Account) TokenRevoked(tokenID string) bool { return revoked(a.doc, tokenID) }

func revoked(doc datastore.Document, tokenID string) bool {
	list, _ := doc[revokedField].(map[string]any)
	_, found := list[tokenID]
	return found
}

// RevokeToken makes one token of the account invalid until it expires by itself.
func (s *Store) RevokeToken(ctx context.Context, id ID, tokenID string, expires time.Time,
	stamp datastore.Stamp,
) error {
	secret, err := randomHex(s.cfg.Random, 16)
	if err != nil {
		return err
	}
	_, err = s.change(ctx, id, stamp, func(doc datastore.Document) { s.revoke(doc, tokenID, expires, secret) })
	return err
}

// revoke adds a revoked token to the document of its identity and removes expired ones. If there are too many, secret
// becomes the identity's secret, which makes all its tokens invalid.
func (s *Store) revoke(doc datastore.Document, tokenID string, expires time.Time, secret string) {
	kept := map[string]any{tokenID: json.Number(strconv.FormatInt(expires.Unix(), 10))}
	list, _ := doc[revokedField].(map[string]any)
	for other, until := range list {
		if n, ok := until.(json.Number); ok {
			if at, err := n.Int64(); err == nil && at > s.cfg.Now().Unix() {
				kept[other] = n
			}
		}
	}
	doc[revokedField] = kept
	if len(kept) > mostRevoked {
		delete(doc, revokedField)
		doc[secretField] = secret
	}
}
