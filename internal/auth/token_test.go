package auth_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"callfn/internal/account"
	"callfn/internal/auth"
	"callfn/internal/datastore"
	"callfn/internal/datastore/datastoretest"
)

var start = time.Date(2024, 3, 12, 10, 0, 0, 0, time.UTC)

// bench is an auth service over a datastore, with a clock that the test sets.
type bench struct {
	stores datastoretest.Stores
	now    time.Time
	secret auth.Secret
}

func newBench(t *testing.T) *bench {
	b := &bench{stores: datastoretest.Open(t), now: start}
	if _, err := rand.Read(b.secret[:]); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) service() *auth.Service {
	return auth.New(auth.Config{
		Datastores: b.stores, Secret: b.secret, Random: rand.Reader,
		Now: func() time.Time { return b.now },
	})
}

// breakable is a set of datastores that can be made unavailable.
type breakable struct {
	datastore.Resolver
	broken bool
}

func (r *breakable) Resolve(database, documentType string) (*datastore.Database, error) {
	if r.broken {
		return nil, &datastore.Error{Op: "resolve", Subject: database, Kind: datastore.ErrUnreachable}
	}
	return r.Resolver.Resolve(database, documentType)
}

func someone() account.Account {
	return account.FromDocument(datastore.Document{
		"_id": strings.Repeat("a", 32), "pvt_type": "account",
		"pvt_signature_secret": "s1",
	})
}

func TestRoundTrip(t *testing.T) {
	b := newBench(t)
	s := b.service()
	token, issued, err := s.Issue(t.Context(), someone(), "cb_api_auth")
	if err != nil {
		t.Fatal(err)
	}
	if !issued.Expires.Equal(start.Add(time.Hour)) {
		t.Errorf("expires: got %v, want %v", issued.Expires, start.Add(time.Hour))
	}
	// A second service over the same datastore, started later, knows the key.
	claims, err := b.service().Verify(t.Context(), token)
	if err != nil || claims.AccountID != someone().ID() || claims.Method != "cb_api_auth" ||
		claims.TokenID != issued.TokenID {
		t.Errorf("got %+v %v, want the claims that were issued", claims, err)
	}
	if err := s.Counts(claims, someone()); err != nil {
		t.Error(err)
	}
	b.now = start.Add(time.Hour + time.Second)
	if _, err := s.Verify(t.Context(), token); !errors.Is(err, auth.ErrExpired) {
		t.Errorf("expired: got %v, want %v", err, auth.ErrExpired)
	}
}

func TestCounts(t *testing.T) {
	b := newBench(t)
	s := b.service()
	_, claims, err := s.Issue(t.Context(), someone(), "cb_api_auth")
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(datastore.Document){
		"another secret":  func(d datastore.Document) { d["pvt_signature_secret"] = "s2" },
		"no secret":       func(d datastore.Document) { delete(d, "pvt_signature_secret") },
		"another account": func(d datastore.Document) { d["_id"] = strings.Repeat("b", 32) },
		"deleted":         func(d datastore.Document) { d["pvt_deleted"] = true },
		"disabled":        func(d datastore.Document) { d["pvt_enabled"] = false },
		"revoked":         func(d datastore.Document) { d["pvt_revoked_tokens"] = map[string]any{claims.TokenID: 1} },
	} {
		doc := someone().Document()
		change(doc)
		if err := s.Counts(claims, account.FromDocument(doc)); !errors.Is(err, auth.ErrInvalid) {
			t.Errorf("%s: got %v, want %v", name, err, auth.ErrInvalid)
		}
	}
}

// TestForgeries sends what an attacker may send: other algorithms, other keys, other issuers, cut and altered tokens.
func TestForgeries(t *testing.T) {
	b := newBench(t)
	s := b.service()
	genuine, _, err := s.Issue(t.Context(), someone(), "cb_api_auth")
	if err != nil {
		t.Fatal(err)
	}
	db, _ := b.stores.Resolve(datastore.SystemData, "")
	doc, err := db.Get(t.Context(), "signing_keys")
	if err != nil {
		t.Fatal(err)
	}
	kid := doc.Text("current")
	public, _ := doc["keys"].(map[string]any)[kid].(map[string]any)["public"].(string)
	der, err := base64.StdEncoding.DecodeString(public)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x509.ParsePKCS1PublicKey(der); err != nil {
		t.Fatal(err)
	}
	mine, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(genuine, ".")
	payload := func(change map[string]any) string {
		raw, _ := base64.RawURLEncoding.DecodeString(parts[1])
		var claims map[string]any
		_ = json.Unmarshal(raw, &claims)
		for key, value := range change {
			if value == nil {
				delete(claims, key)
			} else {
				claims[key] = value
			}
		}
		text, _ := json.Marshal(claims)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	head := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	signed := func(method jwt.SigningMethod, key any, kid string, claims jwt.MapClaims) string {
		token := jwt.NewWithClaims(method, claims)
		token.Header["kid"] = kid
		text, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	claims := jwt.MapClaims{
		"iss": "kazoo", "account_id": string(someone().ID()), "exp": start.Add(time.Hour).Unix(),
		"method": "cb_api_auth",
	}
	confused := head(`{"alg":"HS256","typ":"JWT","kid":"`+kid+`"}`) + "." + payload(nil)
	mac := hmac.New(sha256.New, der)
	mac.Write([]byte(confused))
	for name, token := range map[string]string{
		"nothing":               "",
		"no token":              "x.y.z",
		"no signature":          parts[0] + "." + parts[1] + ".",
		"algorithm none":        head(`{"alg":"none","typ":"JWT","kid":"`+kid+`"}`) + "." + parts[1] + ".",
		"algorithm confusion":   confused + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)),
		"another key":           signed(jwt.SigningMethodRS256, mine, kid, claims),
		"another key id":        signed(jwt.SigningMethodRS256, mine, strings.Repeat("f", 32), claims),
		"no key id":             signed(jwt.SigningMethodRS256, mine, "", claims),
		"another RSA algorithm": signed(jwt.SigningMethodRS512, mine, kid, claims),
		"another account": parts[0] + "." + payload(map[string]any{"account_id": strings.Repeat("b", 32)}) + "." +
			parts[2],
		"a longer life": parts[0] + "." + payload(map[string]any{"exp": 1 << 40}) + "." + parts[2],
		"two tokens":    genuine + "." + genuine,
		"blanks":        " " + genuine,
		"bent":          genuine[:len(genuine)-4] + "AAAA",
		"megabytes":     strings.Repeat("a", 1<<20),
	} {
		if _, err := s.Verify(t.Context(), token); !errors.Is(err, auth.ErrInvalid) {
			t.Errorf("%s: got %v, want %v", name, err, auth.ErrInvalid)
		}
	}
}

func TestKeysAreSealed(t *testing.T) {
	b := newBench(t)
	if err := b.service().Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	db, _ := b.stores.Resolve(datastore.SystemData, "")
	doc, err := db.Get(t.Context(), "signing_keys")
	if err != nil {
		t.Fatal(err)
	}
	sealed, _ := doc["keys"].(map[string]any)[doc.Text("current")].(map[string]any)["sealed"].(string)
	box, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil || len(box) < 1000 {
		t.Fatalf("got %d bytes and %v, want a sealed key of 1000 or more", len(box), err)
	}
	if _, err := x509.ParsePKCS8PrivateKey(box); err == nil || bytes.Contains(box, []byte("RSA")) {
		t.Error("the private key: got it stored as it is, want it sealed")
	}
	b.secret[0]++
	if err := b.service().Prepare(t.Context()); !errors.Is(err, auth.ErrWrongSecret) {
		t.Errorf("with another secret: got %v, want %v", err, auth.ErrWrongSecret)
	}
	b.secret[0]--
	// A public half that does not match the private half is not trusted.
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	doc["keys"].(map[string]any)[doc.Text("current")].(map[string]any)["public"] = base64.StdEncoding.EncodeToString(
		x509.MarshalPKCS1PublicKey(&other.PublicKey))
	if _, err := db.Save(t.Context(), doc); err != nil {
		t.Fatal(err)
	}
	if err := b.service().Prepare(t.Context()); err == nil {
		t.Error("a planted public key: got it trusted, want it refused")
	}
}

func TestRotation(t *testing.T) {
	b := newBench(t)
	here, there := b.service(), b.service()
	old, _, err := here.Issue(t.Context(), someone(), "cb_api_auth")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := there.Verify(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	first, err := here.Rotate(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	fresh, _, err := here.Issue(t.Context(), someone(), "cb_api_auth")
	if err != nil {
		t.Fatal(err)
	}
	b.now = b.now.Add(2 * time.Second) // a service looks for keys it does not know at most once a second
	for name, s := range map[string]*auth.Service{"here": here, "there": there, "a third": b.service()} {
		for which, token := range map[string]string{"old": old, "fresh": fresh} {
			if _, err := s.Verify(t.Context(), token); err != nil {
				t.Errorf("%s, %s token: got %v, want it to count", name, which, err)
			}
		}
	}
	b.now = b.now.Add(2 * time.Hour)
	second, err := here.Rotate(t.Context(), true)
	if err != nil || second == first {
		t.Fatalf("got %s after %s, %v, want another key", second, first, err)
	}
	db, _ := b.stores.Resolve(datastore.SystemData, "")
	doc, err := db.Get(t.Context(), "signing_keys")
	if err != nil {
		t.Fatal(err)
	}
	if keys := doc["keys"].(map[string]any); len(keys) != 2 {
		t.Errorf("%d keys are kept, want the current and the one retired now", len(keys))
	}
}

// A service that signs all the time follows a rotation elsewhere soon, even if it never sees a token of the new key.
// After a rotation that keeps no tokens, no service accepts the old ones.
func TestRotationReachesOthers(t *testing.T) {
	b := newBench(t)
	stores := &breakable{Resolver: b.stores}
	here, there := b.service(), auth.New(auth.Config{
		Datastores: stores, Secret: b.secret, Random: rand.Reader,
		Now: func() time.Time { return b.now },
	})
	old, _, err := there.Issue(t.Context(), someone(), "cb_api_auth")
	if err != nil {
		t.Fatal(err)
	}
	kid, err := here.Rotate(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := here.Verify(t.Context(), old); !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("here, at once: got %v, want %v", err, auth.ErrInvalid)
	}
	b.now = b.now.Add(11 * time.Second)
	if _, err := there.Verify(t.Context(), old); !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("there, soon: got %v, want %v", err, auth.ErrInvalid)
	}
	fresh, _, err := there.Issue(t.Context(), someone(), "cb_api_auth")
	if err != nil {
		t.Fatal(err)
	}
	header, _, _ := strings.Cut(fresh, ".")
	if text, _ := base64.RawURLEncoding.DecodeString(header); !strings.Contains(string(text), kid) {
		t.Errorf("there it signs with %s, want %s", text, kid)
	}
	keys, err := there.SigningKeys(t.Context())
	if err != nil || len(keys) != 1 || keys[0].ID != kid || !keys[0].Current || keys[0].Created.IsZero() ||
		keys[0].Public == nil {
		t.Errorf("got keys %+v, %v, want the current one alone, with its public half", keys, err)
	}
	// While the datastore is unavailable, known tokens stay valid.
	stores.broken = true
	b.now = b.now.Add(time.Minute)
	if _, err := there.Verify(t.Context(), fresh); err != nil {
		t.Errorf("during an outage: got %v, want the token to count", err)
	}
}

// Services that start at the same time share one key.
func TestOneKeyHoweverManyStart(t *testing.T) {
	b := newBench(t)
	var wg sync.WaitGroup
	tokens := make([]string, 3)
	for i := range tokens {
		wg.Go(func() {
			var err error
			if tokens[i], _, err = b.service().Issue(t.Context(), someone(), "cb_api_auth"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s := b.service()
	for _, token := range tokens {
		if _, err := s.Verify(t.Context(), token); err != nil {
			t.Error(err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	stores := datastoretest.Open(f)
	s := auth.New(auth.Config{Datastores: stores, Random: rand.Reader, Now: func() time.Time { return start }})
	token, _, err := s.Issue(f.Context(), someone(), "cb_api_auth")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := s.Verify(t.Context(), text); err == nil && text != token {
			t.Errorf("%q: got it counted, want the token that was issued alone", text)
		}
	})
}
