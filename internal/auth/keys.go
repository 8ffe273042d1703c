package auth

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"callfn/internal/datastore"
)

// keysDocument in system_data holds the signing keys: which one signs, each one's public half, and each one's private
// half sealed.
const (
	keysDocument = "signing_keys"
	sealPurpose  = "signing keys"
	keyBits      = 2048
)

// keyRing is the signing keys in memory. It is replaced, never changed.
type keyRing struct {
	current string // kid that signs
	private *rsa.PrivateKey
	public  map[string]*rsa.PublicKey // by kid, older ones included until they are dropped
	read    time.Time
}

// ring returns the keys, reading or creating them the first time.
func (s *Service) ring(ctx context.Context) (*keyRing, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys != nil {
		return s.keys, nil
	}
	return s.load(ctx)
}

// reread fetches the keys again, for a token signed with one unknown here: another service may have rotated them. At
// most once a second, since anyone can send an unknown kid.
func (s *Service) reread(ctx context.Context) (*keyRing, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys != nil && s.cfg.Now().Sub(s.keys.read) < time.Second {
		return s.keys, nil
	}
	return s.load(ctx)
}

func (s *Service) load(ctx context.Context) (*keyRing, error) {
	db, err := s.cfg.Datastores.Resolve(datastore.SystemData, keysDocument)
	if err != nil {
		return nil, err
	}
	doc, err := db.Get(ctx, keysDocument)
	if errors.Is(err, datastore.ErrNotFound) {
		if doc, err = s.newKeys(datastore.Document{"_id": keysDocument}); err != nil {
			return nil, err
		}
		if doc, err = db.Create(ctx, doc); errors.Is(err, datastore.ErrConflict) {
			doc, err = db.Get(ctx, keysDocument) // another service was faster: its keys are everybody's
		}
	}
	if err != nil {
		return nil, err
	}
	ring, err := s.unseal(doc)
	if err != nil {
		return nil, err
	}
	s.keys = ring
	return ring, nil
}

// Rotate makes a new signing key. Tokens signed with older keys stay valid until they expire; keys that can no longer
// have valid tokens are dropped.
func (s *Service) Rotate(ctx context.Context) (kid string, err error) {
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
	if doc, err = s.newKeys(doc); err != nil {
		return "", err
	}
	if _, err = db.Save(ctx, doc); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ring, err := s.load(ctx)
	if err != nil {
		return "", err
	}
	return ring.current, nil
}

// newKeys adds a key to the document and makes it the current one.
func (s *Service) newKeys(doc datastore.Document) (datastore.Document, error) {
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
		if e, ok := entry.(map[string]any); ok && stillNeeded(e, now.Add(-s.cfg.Lifetime)) {
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

// retire notes when a key stopped signing and forgets its private half.
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
	ring := &keyRing{current: doc.Text("current"), public: map[string]*rsa.PublicKey{}, read: s.cfg.Now()}
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
			// A public half someone planted in the document must not be trusted.
			return nil, fmt.Errorf("auth: the halves of signing key %s do not belong together", kid)
		}
		ring.private = private
	}
	if ring.private == nil {
		return nil, fmt.Errorf("auth: document %s/%s names no current signing key", datastore.SystemData, keysDocument)
	}
	return ring, nil
}
