package kv

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"
)

// Options tune a Store. The zero value is ready to use.
type Options struct {
	// Clock says what time it is; nil for time.Now.
	Clock func() time.Time
	// Quota bounds what an account stores.
	Quota Quota
	// Observe is told of every operation that functions have: get, set, incr, delete or list, its error, how long it
	// took. nil for nobody.
	Observe func(operation string, err error, took time.Duration)
}

// Store is the key-value store. It is safe for concurrent use. Every error of an operation is an *Error, except that of
// a value which is no JSON.
type Store struct {
	engine Engine
	opts   Options
}

// New returns a store on an engine. Closing the store closes the engine.
func New(engine Engine, opts Options) *Store {
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	if opts.Observe == nil {
		opts.Observe = func(string, error, time.Duration) {}
	}
	opts.Quota = opts.Quota.withDefaults()
	return &Store{engine: engine, opts: opts}
}

// ErrNotJSON reports a value that is not JSON in UTF-8.
var ErrNotJSON = errors.New("kv: the value is not JSON")

// SetOptions tune a write.
type SetOptions struct {
	// TTL is how long the entry lives, MinTTL to MaxTTL; 0 for ever.
	TTL time.Duration
	// IfVersion, when given, is the version that the entry must have; 0 demands that there is none.
	IfVersion *uint64
}

// Get returns the entry of a key, and whether there is one. Reasons: bad_key, unavailable.
func (s *Store) Get(ctx context.Context, key Key) (entry Entry, found bool, err error) {
	defer s.observe("get", &err)()
	if err := checkKey(key); err != nil {
		return Entry{}, false, err
	}
	e, err := s.engine.Read(ctx, key, s.now())
	if err != nil || e == nil {
		return Entry{}, false, unavailable(err)
	}
	return *e, true, nil
}

// Set stores a value and returns its version. It replaces what is there, its expiry too. Reasons: bad_key, too_large,
// conflict, quota, unavailable.
func (s *Store) Set(ctx context.Context, key Key, value json.RawMessage, o SetOptions) (version uint64, err error) {
	defer s.observe("set", &err)()
	if err := checkKey(key); err != nil {
		return 0, err
	}
	if err := checkTTL(o.TTL); err != nil {
		return 0, err
	}
	if value, err = compact(key, value); err != nil {
		return 0, err
	}
	now := s.now()
	stored, err := s.update(ctx, key, now, func(current *Entry) (*Entry, error) {
		if err := checkVersion(key, current, o.IfVersion); err != nil {
			return nil, err
		}
		return &Entry{Value: value, Expires: expiry(now, o.TTL)}, nil
	})
	if err != nil {
		return 0, err
	}
	return stored.Version, nil
}

// Incr adds an integer to the entry of a key and returns the sum. A key without an entry counts from 0 and gets the
// time to live; one with an entry keeps its expiry. Reasons: bad_key, not_a_number (the value is no integer, or the
// value or the sum is beyond MaxInteger), quota, unavailable.
func (s *Store) Incr(ctx context.Context, key Key, by int64, ttl time.Duration) (sum int64, err error) {
	defer s.observe("incr", &err)()
	if err := checkKey(key); err != nil {
		return 0, err
	}
	if err := checkTTL(ttl); err != nil {
		return 0, err
	}
	if by > MaxInteger || by < -MaxInteger {
		return 0, notANumber(key, "the increment is beyond what JavaScript counts exactly")
	}
	now := s.now()
	_, err = s.update(ctx, key, now, func(current *Entry) (*Entry, error) {
		next := &Entry{Expires: expiry(now, ttl)}
		sum = by
		if current != nil {
			n, err := integer(key, current.Value)
			if err != nil {
				return nil, err
			}
			sum, next.Expires = n+by, current.Expires
		}
		if sum > MaxInteger || sum < -MaxInteger {
			return nil, notANumber(key, "the sum is beyond what JavaScript counts exactly")
		}
		next.Value = strconv.AppendInt(nil, sum, 10)
		return next, nil
	})
	if err != nil {
		return 0, err
	}
	return sum, nil
}

// Delete deletes a key and returns whether it was there. ifVersion, when given, is as in SetOptions. Reasons: bad_key,
// conflict, unavailable.
func (s *Store) Delete(ctx context.Context, key Key, ifVersion *uint64) (existed bool, err error) {
	defer s.observe("delete", &err)()
	if err := checkKey(key); err != nil {
		return false, err
	}
	_, err = s.update(ctx, key, s.now(), func(current *Entry) (*Entry, error) {
		existed = current != nil
		return nil, checkVersion(key, current, ifVersion)
	})
	if err != nil {
		return false, err
	}
	return existed, nil
}

// Page is a part of the keys of a namespace.
type Page struct {
	Keys []string `json:"keys"` // sorted by their bytes; never nil
	More bool     `json:"more"` // there are keys after the last one
}

// List lists up to limit keys of a scope; a limit of 0, or beyond MaxList, stands for MaxList. Reasons: bad_key,
// unavailable.
func (s *Store) List(ctx context.Context, scope Scope, limit int) (page Page, err error) {
	defer s.observe("list", &err)()
	if limit <= 0 || limit > MaxList {
		limit = MaxList
	}
	if err := checkScope(scope); err != nil {
		return Page{}, err
	}
	page.Keys = []string{}
	err = s.engine.List(ctx, scope, s.now(), func(name string) bool {
		if len(page.Keys) == limit {
			page.More = true
			return false
		}
		page.Keys = append(page.Keys, name)
		return true
	})
	if err != nil {
		return Page{}, unavailable(err)
	}
	return page, nil
}

// update is Engine.Update with the quota: a change that makes an account store more is refused beyond it. One that
// stores less is allowed even to an account that is over a quota which was lowered.
func (s *Store) update(ctx context.Context, key Key, now time.Time,
	change func(current *Entry) (*Entry, error),
) (*Entry, error) {
	stored, err := s.engine.Update(ctx, key, now, func(current *Entry, use Usage) (*Entry, error) {
		next, err := change(current)
		if err != nil || next == nil {
			return nil, err
		}
		keys, grows := use.Keys+1, Size(key, next.Value)
		if current != nil {
			keys, grows = use.Keys, grows-Size(key, current.Value)
		}
		return next, s.checkQuota(key, keys, use.Keys, use.Bytes+grows, grows)
	})
	return stored, unavailable(err)
}

// checkQuota checks what the account would store.
func (s *Store) checkQuota(key Key, keys, before int, size, grows int64) error {
	full := ""
	switch q := s.opts.Quota; {
	case keys > before && keys > q.Keys:
		full = fmt.Sprintf("the account stores %d keys and may store %d", before, q.Keys)
	case grows > 0 && size > q.Bytes:
		full = fmt.Sprintf("the account would store %d bytes and may store %d", size, q.Bytes)
	default:
		return nil
	}
	return &Error{
		Reason: OverQuota, Message: fmt.Sprintf("there is no room for the key %s: %s", key, full),
		Hint: "delete keys, or give them a time to live",
	}
}

func (s *Store) now() time.Time { return s.opts.Clock() }

// observe reports an operation when the returned function is called.
func (s *Store) observe(operation string, err *error) func() {
	began := time.Now()
	return func() {
		s.opts.Observe(operation, *err, time.Since(began))
	}
}

func checkKey(key Key) error {
	if err := checkOwner(key.Account, key.Namespace); err != nil {
		return err
	}
	return CheckName(key.Name)
}

func checkScope(s Scope) error {
	if err := checkOwner(s.Account, s.Namespace); err != nil {
		return err
	}
	if err := checkPrefix("the prefix", s.Prefix); err != nil {
		return err
	}
	return checkPrefix("the key to list after", s.After)
}

func checkTTL(ttl time.Duration) error {
	if ttl == 0 || ttl >= MinTTL && ttl <= MaxTTL {
		return nil
	}
	return badKey(fmt.Sprintf("the time to live is %s", ttl), "it is from 1 second to 400 days")
}

// checkVersion reports a conflict when an entry, nil for none, does not have the wanted version.
func checkVersion(key Key, current *Entry, want *uint64) error {
	got := uint64(0)
	if current != nil {
		got = current.Version
	}
	if want == nil || *want == got {
		return nil
	}
	message := fmt.Sprintf("the key %s has the version %d, not %d", key, got, *want)
	switch {
	case got == 0:
		message = fmt.Sprintf("the key %s is not there, so it has no version %d", key, *want)
	case *want == 0:
		message = fmt.Sprintf("the key %s is there already, in version %d", key, got)
	}
	return &Error{Reason: Conflict, Message: message, Hint: "read it again and decide anew"}
}

// compact returns a value without needless white space.
func compact(key Key, value json.RawMessage) (json.RawMessage, error) {
	var out bytes.Buffer
	if !utf8.Valid(value) || json.Compact(&out, value) != nil {
		return nil, ErrNotJSON
	}
	if out.Len() > MaxValueBytes {
		return nil, &Error{
			Reason: TooLarge, Message: fmt.Sprintf("the value of the key %s has %d bytes", key, out.Len()),
			Hint: fmt.Sprintf("a value has at most %d", MaxValueBytes),
		}
	}
	return out.Bytes(), nil
}

// expiry is when something with a time to live expires, in whole milliseconds.
func expiry(now time.Time, ttl time.Duration) time.Time {
	if ttl == 0 {
		return time.Time{}
	}
	return time.UnixMilli(now.Add(ttl).UnixMilli()).UTC()
}

// integer returns the integer that a value is.
func integer(key Key, value json.RawMessage) (int64, error) {
	f, err := strconv.ParseFloat(string(value), 64) // every JSON number, and no other JSON value, is one
	if err != nil || f != float64(int64(f)) {
		return 0, notANumber(key, "its value is not an integer")
	}
	if f > MaxInteger || f < -MaxInteger {
		return 0, notANumber(key, "its value is beyond what JavaScript counts exactly")
	}
	return int64(f), nil
}

func notANumber(key Key, why string) error {
	return &Error{
		Reason: NotANumber, Message: fmt.Sprintf("the key %s cannot be counted: %s", key, why),
		Hint: "count under another key, or set this one to an integer",
	}
}
