package auth

import (
	"cmp"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"callfn/internal/datastore"
)

// keysDocument in system_data holds the signing keys: the id of the current key, each key's public half, and each key's
// sealed private half.
const (
	keysDocument = "signing_keys"
	sealPurpose  = "signing keys"
	keyBits      = 2048
)

// keyRing holds the signing keys in memory. It is immutable; a change replaces it.
type keyRing struct {
	current string // kid of the signing key
	private *rsa.PrivateKey
	public  map[string]*rsa.PublicKey // by kid, older ones included until they are dropped
	listed  map[string]SigningKey     // the same, with their dates
	read    time.Time
}

// keysFresh is the longest time that a process uses keys without reading them again. Every process follows a rotation
// within it.
const keysFresh = 10 * time.Second

func (s *Service) known() *keyRing {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys
}

func (s *Service) learn(ring *keyRing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = ring
}

// ring returns the keys, and reads or creates them the first time. When they are due to be read again, one request
// reads them while the others use the known keys. If the read fails, all use the known keys.
func (s *Service) ring(ctx context.Context) (*keyRing, error) {
	keys := s.known()
	if keys != nil && (s.cfg.Now().Sub(keys.read) < keysFresh || !s.reading.TryLock()) {
		return keys, nil
	}
	if keys == nil {
		s.reading.Lock()
	}
	defer s.reading.Unlock()
	if newer := s.known(); newer != keys {
		return newer, nil
	}
	ring, err := s.load(ctx)
	if err != nil && keys != nil {
		later := *keys
		later.read = s.cfg.Now()
		s.learn(&later)
		return keys, nil
	}
	return ring, err
}

// reread fetches the keys again for a token signed with an unknown key, since another service may have rotated them. It
// does so at most once a second, since anyone can send an unknown kid.
func (s *Service) reread(ctx context.Context) (*keyRing, error) {
	s.reading.Lock()
	defer s.reading.Unlock()
	if keys := s.known(); keys != nil && s.cfg.Now().Sub(keys.read) < time.Second {
		return keys, nil
	}
	return s.load(ctx)
}

// load reads or creates the keys. The caller holds s.reading.
func (s *Service) load(ctx context.Context) (*keyRing, error) {
	db, err := s.cfg.Datastores.Resolve(datastore.SystemData, keysDocument)
	if err != nil {
		return nil, err
	}
	doc, err := db.Get(ctx, keysDocument)
	if errors.Is(err, datastore.ErrNotFound) {
		if doc, err = s.newKeys(datastore.Document{"_id": keysDocument}, true); err != nil {
			return nil, err
		}
		if doc, err = db.Create(ctx, doc); errors.Is(err, datastore.ErrConflict) {
			doc, err = db.Get(ctx, keysDocument) // another service created the keys first; use those
		}
	}
	if err != nil {
		return nil, err
	}
	ring, err := s.unseal(doc)
	if err != nil {
		return nil, err
	}
	s.learn(ring)
	return ring, nil
}

// Rotate creates a new signing key. With keepTokens, tokens signed with older keys stay valid until they expire, and
// keys without valid tokens are dropped. Without keepTokens, all older tokens become invalid: at once in this process,
// within keysFresh in others. It returns ErrConflict if another rotation happens at the same time; the keys are then
// those of the other rotation.
func (s *Service) Rotate(ctx context.Context, keepTokens bool) (kid string, err error) {
	if _, err := s.ring(ctx); err != nil {
		return "", err
	}
	db, err := s.cfg.Datastores.Resolve(datastore.SystemData, keysDocument)
	if err != nil {
		return "", err
	}
	doc, err := db.Get(ctx, keysDocument)
	if err != nil {
		return "", err
	}
	if doc, err = s.newKeys(doc, keepTokens); err != nil {
		return "", err
	}
	if _, err = db.Save(ctx, doc); err != nil {
		return "", err
	}
	s.reading.Lock()
	defer s.reading.Unlock()
	ring, err := s.load(ctx)
	if err != nil {
		return "", err
	}
	return ring.current, nil
}

// SigningKey is the public information about a signing key.
type SigningKey struct {
	ID      string // kid
	Current bool   // true for the key that signs; the others only verify
	Created time.Time
	Retired time.Time // zero for the current one
	Public  *rsa.PublicKey
}

// SigningKeys lists the keys that verify tokens: the current one first, then the others, last retired first.
func (s *Service) SigningKeys(ctx context.Context) ([]SigningKey, error) {
	s.reading.Lock()
	ring, err := s.load(ctx)
	s.reading.Unlock()
	if err != nil {
		return nil, err
	}
	keys := slices.Collect(maps.Values(ring.listed))
	slices.SortFunc(keys, func(a, b SigningKey) int {
		if a.Current != b.Current {
			return map[bool]int{true: -1, false: 1}[a.Current]
		}
		return cmp.Or(b.Retired.Compare(a.Retired), cmp.Compare(a.ID, b.ID))
	})
	return keys, nil
}

// newKeys adds a key to the document and makes it the current one. keep says whether older keys still verify.
func (s *Service) newKeys(doc datastore.Document, keep bool) (datastore.Document, error) {
	kid, err := datastore.NewID(s.cfg.Random)
	if err != nil {
		return nil, err
	}
	private, err := rsa.GenerateKey(s.cfg.Random, keyBits)
	if err != nil {
		return nil, fmt.Errorf("auth: make a signing key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("auth: encode the signing key: %w", err)
	}
	sealed, err := s.cfg.Secret.Seal(s.cfg.Random, sealPurpose, kid, der)
	if err != nil {
		return nil, fmt.Errorf("auth: seal the signing key: %w", err)
	}
	now := s.cfg.Now()
	keys := map[string]any{}
	old, _ := doc["keys"].(map[string]any)
	for name, entry := range old {
		if e, ok := entry.(map[string]any); ok && keep && stillNeeded(e, now.Add(-s.cfg.Lifetime-2*keysFresh)) {
			retire(e, now)
			keys[name] = e
		}
	}
	keys[kid] = map[string]any{
		"algorithm": "RS256",
		"public":    base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PublicKey(&private.PublicKey)),
		"sealed":    sealed,
		"created":   now.UTC().Format(time.RFC3339),
	}
	doc["keys"], doc["current"] = keys, kid
	datastore.Stamp{Type: keysDocument, Database: datastore.SystemData, Now: now}.Mark(doc)
	return doc, nil
}

// retire records when a key stopped signing and removes its private half.
func retire(entry map[string]any, now time.Time) {
	if _, ok := entry["retired"]; !ok {
		entry["retired"] = now.UTC().Format(time.RFC3339)
	}
	delete(entry, "sealed")
}

func stillNeeded(entry map[string]any, since time.Time) bool {
	text, ok := entry["retired"].(string)
	if !ok {
		return true
	}
	retired, err := time.Parse(time.RFC3339, text)
	return err == nil && retired.After(since)
}

func (s *Service) unseal(doc datastore.Document) (*keyRing, error) {
	ring := &keyRing{
		current: doc.Text("current"), public: map[string]*rsa.PublicKey{}, listed: map[string]SigningKey{},
		read: s.cfg.Now(),
	}
	entries, _ := doc["keys"].(map[string]any)
	for kid, value := range entries {
		entry, _ := value.(map[string]any)
		text, _ := entry["public"].(string)
		der, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("auth: signing key %s is damaged: %w", kid, err)
		}
		if ring.public[kid], err = x509.ParsePKCS1PublicKey(der); err != nil {
			return nil, fmt.Errorf("auth: signing key %s is damaged: %w", kid, err)
		}
		ring.listed[kid] = SigningKey{
			ID: kid, Current: kid == ring.current, Created: moment(entry["created"]), Retired: moment(entry["retired"]),
			Public: ring.public[kid],
		}
		if kid != ring.current {
			continue
		}
		sealed, _ := entry["sealed"].(string)
		if der, err = s.cfg.Secret.Open(sealPurpose, kid, sealed); err != nil {
			return nil, fmt.Errorf("auth: signing key %s: %w", kid, err)
		}
		key, err := x509.ParsePKCS8PrivateKey(der)
		if err != nil {
			return nil, fmt.Errorf("auth: signing key %s is damaged: %w", kid, err)
		}
		private, ok := key.(*rsa.PrivateKey)
		if !ok || !private.PublicKey.Equal(ring.public[kid]) {
			// A public half that someone planted in the document must not be trusted.
			return nil, fmt.Errorf("auth: the halves of signing key %s do not belong together", kid)
		}
		ring.private = private
	}
	if ring.private == nil {
		return nil, fmt.Errorf("auth: document %s/%s names no current signing key", datastore.SystemData, keysDocument)
	}
	return ring, nil
}

// moment reads a time from the document; zero if there is none.
func moment(value any) time.Time {
	text, _ := value.(string)
	at, _ := time.Parse(time.RFC3339, text)
	return at
}
