package hostcall

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // some services still want HMAC-SHA1, which is not broken
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"time"

	"callfn/internal/account"
	"callfn/internal/bindings"
	"callfn/internal/secret"
)

// Secrets reads the secrets of accounts. *secret.Store implements it.
type Secrets interface {
	Open(ctx context.Context, of account.ID, name string) (secret.Opened, error)
}

// secretReads bounds how long one secret may take to be read, and how often a run may ask.
var secretReads = &budget{binding: "secrets", err: "SecretError", calls: 100, each: 500 * time.Millisecond}

func usesSecrets(d bindings.Declaration) bool { return len(d.Secrets) > 0 }

func secretVerbs() []verb {
	return []verb{
		{name: "secrets.get", may: usesSecrets, budget: secretReads, do: secretHandle},
		{name: "secrets.hmac", may: usesSecrets, budget: secretReads, do: secretHMAC},
		{name: "secrets.reveal", may: usesSecrets, budget: secretReads, do: secretReveal},
	}
}

// secretHandle answers `secrets.NAME`.
func secretHandle(ctx context.Context, r *Run, args json.RawMessage) (any, error) {
	var name string
	if err := arguments(args, &name); err != nil {
		return nil, err
	}
	if _, err := r.open(ctx, name); err != nil {
		return nil, err
	}
	return r.vault.handle(name), nil
}

// secretHMAC answers `secrets.hmac(name, algorithm, text, encoding)`. In a rehearsal it is worth nothing.
func secretHMAC(ctx context.Context, r *Run, args json.RawMessage) (any, error) {
	var name, algorithm, text, encoding string
	if err := arguments(args, &name, &algorithm, &text, &encoding); err != nil {
		return nil, err
	}
	sums := map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}
	sum, known := sums[algorithm]
	if !known {
		return nil, &Error{
			Name: "TypeError", Message: "secrets.hmac: the algorithm must be 'sha256', 'sha512' or 'sha1'",
		}
	}
	opened, err := r.open(ctx, name)
	if err != nil {
		return nil, err
	}
	key := opened.Value
	if !takesEffect(r.Terms) {
		key = r.vault.handle(name)
	} else {
		r.used(name)
	}
	mac := hmac.New(sum, []byte(key))
	_, _ = mac.Write([]byte(text)) // a hash takes everything
	if encoding == "base64" {
		return base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
	}
	return hex.EncodeToString(mac.Sum(nil)), nil
}

// secretReveal answers `secrets.reveal(name)`: the value itself, of a secret that was made for that, where the operator
// allows it. In a
// rehearsal it is the handle.
func secretReveal(ctx context.Context, r *Run, args json.RawMessage) (any, error) {
	var name string
	if err := arguments(args, &name); err != nil {
		return nil, err
	}
	opened, err := r.open(ctx, name)
	if err != nil {
		return nil, err
	}
	switch {
	case !r.calls.cfg.AllowReveal:
		return nil, secretError("not_revealed", "this service shows functions no secret: use secrets.%s in a header, a "+
			"body or auth, or secrets.hmac", name)
	case !opened.Reveal:
		return nil, secretError("not_revealed", "the secret %s is not set with reveal: use secrets.%s in a header, a body "+
			"or auth, or secrets.hmac", name, name)
	case !takesEffect(r.Terms):
		return r.vault.handle(name), nil
	}
	r.used(name)
	r.vault.reveal(opened.Value)
	return opened.Value, nil
}

// open reads a secret that the function declares, once a run: a value that is set meanwhile is for the next run.
func (r *Run) open(ctx context.Context, name string) (secret.Opened, error) {
	if _, declared := r.Declaration.Secrets[name]; !declared {
		return secret.Opened{}, secretError("not_declared", "the function does not declare the secret %s: add it to its "+
			"bindings.secrets", printableName(name))
	}
	if opened, ok := r.vault.get(name); ok {
		return opened, nil
	}
	opened, err := r.calls.cfg.Secrets.Open(ctx, account.ID(r.Terms.Account), name)
	switch {
	case errors.Is(err, secret.ErrAbsent):
		return opened, secretError("not_set", "the account has no secret %s: set it with `callfn secrets set %s`", name,
			name)
	case errors.Is(err, secret.ErrUnreadable):
		return opened, secretError("unreadable", "the secret %s was sealed with another key: set it again", name)
	case err != nil:
		r.calls.cfg.Log.WarnContext(ctx, "cannot read a secret", "account", r.Terms.Account, "secret", name, "run",
			r.Terms.Run, "error", err)
		return opened, secretError("unavailable", "the secret %s cannot be read now", name)
	}
	r.vault.keep(name, opened)
	return opened, nil
}

// used notes that a secret left the service.
func (r *Run) used(name string) {
	if r.calls.cfg.SecretUsed != nil {
		r.calls.cfg.SecretUsed(account.ID(r.Terms.Account), name)
	}
}

func secretError(reason, format string, args ...any) error {
	return &Error{Name: "SecretError", Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// printableName repeats a name that code made up only where it is one.
func printableName(name string) string {
	if secret.ValidName(name) {
		return name
	}
	return "of that name"
}
