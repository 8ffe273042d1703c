package auth

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"callfn/internal/account"
	"callfn/internal/datastore"
)

// issuer is KAZOO's `iss` claim.
const issuer = "kazoo"

// DefaultLifetime is the lifetime of a token (KAZOO's token_auth_expiry_s).
const DefaultLifetime = time.Hour

// mostBytes is the longest text that is parsed as a token. An issued token is shorter than 1 KB.
const mostBytes = 8 << 10

// Config configures a Service. Every field but Lifetime is required.
type Config struct {
	Datastores datastore.Resolver
	Secret     Secret
	Random     io.Reader        // crypto/rand
	Now        func() time.Time // the clock
	Lifetime   time.Duration    // of a token; DefaultLifetime when zero
}

// Service issues and verifies tokens. It is safe for concurrent use.
type Service struct {
	cfg     Config
	reading sync.Mutex // held while the keys are read
	mu      sync.Mutex // of keys
	keys    *keyRing
}

// New returns a service. It sends nothing: the signing keys are read or created when they are first needed.
func New(cfg Config) *Service {
	if cfg.Lifetime <= 0 {
		cfg.Lifetime = DefaultLifetime
	}
	return &Service{cfg: cfg}
}

// Prepare reads or creates the signing keys now, so that the first login does not wait for them. It returns
// ErrWrongSecret if the stored keys were sealed with another secret.
func (s *Service) Prepare(ctx context.Context) error {
	_, err := s.ring(ctx)
	return err
}

// Claims is the content of a token (docs/reference/kazoo.md#tokens).
type Claims struct {
	AccountID account.ID
	OwnerID   string // the user, for a token of a user
	Method    string // "cb_api_auth", "cb_user_auth"
	TokenID   string // jti; what a revocation names
	Expires   time.Time
	identity  string // identity_sig
}

// claims is the token's payload on the wire.
type claims struct {
	AccountID string `json:"account_id"`
	OwnerID   string `json:"owner_id,omitempty"`
	Method    string `json:"method"`
	Identity  string `json:"identity_sig"`
	jwt.RegisteredClaims
}

// The reasons why a token is not valid. ErrExpired is separate because clients log in again by themselves after it.
var (
	ErrExpired = errors.New("the token has expired")
	ErrInvalid = errors.New("the token is not valid")
)

// Issue returns a token for an account that proved its identity. method is KAZOO's name of the proof, "cb_api_auth".
func (s *Service) Issue(ctx context.Context, a account.Account, method string) (string, Claims, error) {
	return s.issue(ctx, Claims{
		AccountID: a.ID(), Method: method, identity: s.cfg.Secret.identitySignature(a.SignatureSecret(), string(a.ID())),
	})
}

// IssueUser is Issue for a user. The token names the user as its owner and becomes invalid when the user's secret
// changes.
func (s *Service) IssueUser(ctx context.Context, u account.User, method string) (string, Claims, error) {
	return s.issue(ctx, Claims{
		AccountID: u.AccountID(), OwnerID: u.ID(), Method: method,
		identity: s.cfg.Secret.identitySignature(u.SignatureSecret(), u.ID()),
	})
}

func (s *Service) issue(ctx context.Context, out Claims) (string, Claims, error) {
	ring, err := s.ring(ctx)
	if err != nil {
		return "", Claims{}, err
	}
	if out.TokenID, err = datastore.NewID(s.cfg.Random); err != nil {
		return "", Claims{}, err
	}
	out.Expires = s.cfg.Now().Add(s.cfg.Lifetime).Truncate(time.Second)
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims{
		AccountID: string(out.AccountID), OwnerID: out.OwnerID, Method: out.Method, Identity: out.identity,
		RegisteredClaims: jwt.RegisteredClaims{Issuer: issuer, ID: out.TokenID, ExpiresAt: jwt.NewNumericDate(out.Expires)},
	})
	token.Header["kid"] = ring.current
	signed, err := token.SignedString(ring.private)
	if err != nil {
		return "", Claims{}, fmt.Errorf("auth: sign a token: %w", err)
	}
	return signed, out, nil
}

// Verify checks a token's form, algorithm, signature, issuer and expiry. It returns ErrExpired or ErrInvalid for a
// token that is not valid, and a datastore error if the keys cannot be read. Counts checks the rest against the
// identity.
func (s *Service) Verify(ctx context.Context, token string) (Claims, error) {
	if len(token) > mostBytes {
		return Claims{}, ErrInvalid
	}
	var trouble error // an error reading the keys, which is not the token's fault
	find := func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		ring, err := s.ring(ctx)
		if err == nil && kid != "" && ring.public[kid] == nil {
			ring, err = s.reread(ctx)
		}
		if err != nil {
			trouble = err
			return nil, err
		}
		if key := ring.public[kid]; key != nil {
			return key, nil
		}
		return nil, errors.New("unknown kid")
	}
	var c claims
	// The algorithm is pinned before the key is looked up, so neither "none" nor an HMAC with the public key is accepted.
	_, err := jwt.ParseWithClaims(token, &c, find, jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer(issuer),
		jwt.WithExpirationRequired(), jwt.WithTimeFunc(s.cfg.Now), jwt.WithStrictDecoding())
	switch {
	case trouble != nil:
		return Claims{}, trouble
	case errors.Is(err, jwt.ErrTokenExpired):
		return Claims{}, ErrExpired
	case err != nil:
		return Claims{}, ErrInvalid
	}
	return Claims{
		AccountID: account.ID(c.AccountID), OwnerID: c.OwnerID, Method: c.Method, TokenID: c.ID,
		Expires: c.ExpiresAt.Time, identity: c.Identity,
	}, nil
}

// Counts reports whether verified claims are still valid for the account, as nil. It returns ErrInvalid if the
// account's secret changed since (its API key was rotated), the account was deleted or disabled, or this token was
// revoked. A user's claims are never valid for the account itself: see CountsUser.
func (s *Service) Counts(c Claims, a account.Account) error {
	if c.OwnerID != "" || !usable(c, a) || a.TokenRevoked(c.TokenID) || !s.same(c, a.SignatureSecret(), string(a.ID())) {
		return ErrInvalid
	}
	return nil
}

// CountsUser reports whether verified claims are still valid for the user, as nil. It returns ErrInvalid if the user's
// secret changed since (a new password), user or account were deleted or disabled, or this token was revoked.
func (s *Service) CountsUser(c Claims, a account.Account, u account.User) error {
	if c.OwnerID == "" || u.ID() != c.OwnerID || u.AccountID() != a.ID() {
		return ErrInvalid
	}
	if !usable(c, a) || u.Document().Deleted() || !u.Enabled() {
		return ErrInvalid
	}
	if u.TokenRevoked(c.TokenID) || !s.same(c, u.SignatureSecret(), u.ID()) {
		return ErrInvalid
	}
	return nil
}

func usable(c Claims, a account.Account) bool {
	return a.ID() == c.AccountID && !a.Deleted() && a.Enabled()
}

// same reports whether the claims' identity signature matches the one of the identity's current secret.
func (s *Service) same(c Claims, secret, id string) bool {
	want := s.cfg.Secret.identitySignature(secret, id)
	return secret != "" && subtle.ConstantTimeCompare([]byte(want), []byte(c.identity)) == 1
}

// Names returns the account that a token names, without any check. It is fit for routing only: any other use must
// Verify the token. It returns "" if the text is no token or names no account.
func Names(token string) account.ID {
	var c claims
	if len(token) > mostBytes {
		return ""
	}
	if _, _, err := jwt.NewParser().ParseUnverified(token, &c); err != nil || !account.ID(c.AccountID).Valid() {
		return ""
	}
	return account.ID(c.AccountID)
}
