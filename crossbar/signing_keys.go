package crossbar

import (
	"crypto/x509"
	"encoding/pem"
	"time"

	"callfn/internal/auth"
	"callfn/schemas"
)

// listSigningKeys lists the keys that tokens may be signed with, the current one first (KAZOO's cb_auth:keys_summary
// names only the current one).
func (a *API) listSigningKeys(x *exchange) (*answer, error) {
	keys, err := a.cfg.Auth.SigningKeys(x.ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]any, len(keys))
	for i, key := range keys {
		ids[i] = key.ID
	}
	return &answer{data: ids, page: &page{size: len(ids)}}, nil
}

func (a *API) showSigningKey(x *exchange) (*answer, error) {
	key, err := a.signingKey(x, x.id())
	if err != nil {
		return nil, err
	}
	return &answer{data: shownSigningKey(key)}, nil
}

// signingKey finds a key by its id.
func (a *API) signingKey(x *exchange, id string) (auth.SigningKey, error) {
	keys, err := a.cfg.Auth.SigningKeys(x.ctx)
	for _, key := range keys {
		if key.ID == id {
			return key, nil
		}
	}
	if err == nil {
		err = badIdentifier(id)
	}
	return auth.SigningKey{}, err
}

// rotateSigningKeys replaces the current key by a new one. KAZOO's reset_private_key (cb_auth:reset_private_key) makes
// every token invalid, including the request's own. It takes the current key's id, so that only one of two simultaneous
// rotations succeeds.
func (a *API) rotateSigningKeys(x *exchange) (*answer, error) {
	action, given := x.param("action") // KAZOO's clients put it beside data
	if !given {
		return nil, invalidField("action", "required", schemas.Violation{
			"message": "Field is required but missing",
			"value":   "action",
		})
	}
	_, fields := a.cfg.Schemas.Validate("auth.keys", map[string]any{"action": action})
	if len(fields) > 0 {
		return nil, invalid(fields)
	}
	key, err := a.signingKey(x, x.id())
	if err != nil {
		return nil, err
	}
	if !key.Current {
		return nil, datastoreConflict()
	}
	keep := action == "rotate"
	id, err := a.cfg.Auth.Rotate(x.ctx, keep)
	if err != nil {
		return nil, err
	}
	a.cfg.Log.Info("replaced signing key", "request_id", x.requestID, "new", id, "tokens_kept", keep)
	if !keep {
		x.caller = nil // its token is invalid now
	}
	if key, err = a.signingKey(x, id); err != nil {
		return nil, err
	}
	return &answer{data: shownSigningKey(key)}, nil
}

func shownSigningKey(key auth.SigningKey) map[string]any {
	block := &pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(key.Public)}
	shown := map[string]any{"id": key.ID, "current": key.Current, "public_key_pem": string(pem.EncodeToMemory(block))}
	for name, at := range map[string]time.Time{"created": key.Created, "retired": key.Retired} {
		if !at.IsZero() {
			shown[name] = at.Format(time.RFC3339)
		}
	}
	return shown
}
