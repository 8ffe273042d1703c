package crossbar

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"callfn/internal/clip"
	"callfn/internal/kv"
	"callfn/schemas"
)

// keyValues are the values that functions of an account keep. The namespace in the path is sharedNamespace or the id of
// the function that owns the keys; the function may be deleted already. The ETag is the version of a key.
type keyValues struct {
	store *kv.Store // nil where there is none
	api   *API
}

// sharedNamespace is the name in paths of what all functions of an account share.
const sharedNamespace = "account"

func (k keyValues) routes() []Route {
	account := underAccount + "/kv"
	namespace := account + "/:namespace"
	one := namespace + "/:key"
	all := []Route{
		{http.MethodGet, account, "kv", Subtree, false, k.usage},
		{http.MethodGet, namespace, "kv", Subtree, false, k.list},
		{http.MethodGet, one, "kv", Subtree, false, k.show},
		{http.MethodPut, one, "kv", Subtree, true, k.put},
		{http.MethodPost, one, "kv", Subtree, true, k.incr},
		{http.MethodDelete, one, "kv", Subtree, false, k.delete},
	}
	if k.store == nil {
		for i := range all {
			all[i].handle = func(*exchange) (*answer, error) { return nil, noStore() }
		}
	}
	return all
}

// noStoreHint says what an operator does for a key-value store.
const noStoreHint = "with a CouchDB functions have a key-value store where the operator names NATS servers with " +
	"--nats-url, or says with --kv-single that this is the only callfn"

func noStore() *failure { return fail(http.StatusNotImplemented, "not_implemented", says(noStoreHint)) }

// key is the key of the path.
func (k keyValues) key(x *exchange) (kv.Key, error) {
	namespace, err := namespaceOf(x)
	return kv.Key{Account: string(x.account.ID()), Namespace: namespace, Name: x.path["key"]}, err
}

var functionID = regexp.MustCompile(`^[0-9a-f]{32}$`)

func namespaceOf(x *exchange) (string, error) {
	namespace := x.path["namespace"]
	switch {
	case namespace == sharedNamespace:
		return "", nil
	case functionID.MatchString(namespace):
		return namespace, nil
	}
	return "", badIdentifier(namespace)
}

// usage shows what the account stores and may store.
func (k keyValues) usage(x *exchange) (*answer, error) {
	use, err := k.store.Usage(x.ctx, string(x.account.ID()))
	if err != nil {
		return nil, kvFailure(err)
	}
	quota := k.store.Quota()
	return &answer{data: map[string]any{
		"keys": use.Keys, "bytes": use.Bytes, "most_keys": quota.Keys, "most_bytes": quota.Bytes,
	}}, nil
}

// list lists the keys of a namespace page by page, those that begin with a prefix if there is one.
func (k keyValues) list(x *exchange) (*answer, error) {
	namespace, err := namespaceOf(x)
	if err != nil {
		return nil, err
	}
	scope := kv.Scope{Account: string(x.account.ID()), Namespace: namespace}
	scope.Prefix, _ = x.option("prefix")
	scope.After, _ = x.option("after")
	size := kv.MaxList
	if text, given := x.option("page_size"); given {
		if size, err = strconv.Atoi(text); err != nil || size < 1 {
			return nil, invalidField("page_size", "minimum", schemas.Violation{"message": "Value must be at least 1"})
		}
	}
	found, err := k.store.List(x.ctx, scope, size)
	if err != nil {
		return nil, kvFailure(err)
	}
	keys := make([]any, len(found.Keys))
	for i, key := range found.Keys {
		keys[i] = key
	}
	out := &answer{data: map[string]any{"keys": keys, "more": found.More}}
	return out, nil
}

func (k keyValues) show(x *exchange) (*answer, error) {
	key, err := k.key(x)
	if err != nil {
		return nil, err
	}
	entry, found, err := k.store.Get(x.ctx, key)
	if err != nil {
		return nil, kvFailure(err)
	}
	if !found {
		return nil, badIdentifier(key.Name)
	}
	return entryAnswer(x, key, entry), nil
}

// entryAnswer answers with an entry.
func entryAnswer(x *exchange, key kv.Key, entry kv.Entry) *answer {
	data := map[string]any{
		"id": key.Name, "namespace": x.path["namespace"], "value": entry.Value, "version": entry.Version,
	}
	if !entry.Expires.IsZero() {
		data["expires"] = entry.Expires.Format(time.RFC3339Nano)
	}
	return &answer{data: data, revision: strconv.FormatUint(entry.Version, 10)}
}

// put stores a value: data has `value`, any JSON, and may have `ttl`, seconds.
func (k keyValues) put(x *exchange) (*answer, error) {
	key, err := k.key(x)
	if err != nil {
		return nil, err
	}
	data, err := kvData(x, "value", "ttl")
	if err != nil {
		return nil, err
	}
	member, given := data["value"]
	if !given {
		return nil, invalidField("value", "required", schemas.Violation{"message": "Field is required but missing"})
	}
	value, err := encodeOrdered(member, x.body.order.Member("value"))
	if err != nil {
		return nil, err
	}
	o := kv.SetOptions{}
	if o.TTL, err = ttlOf(x); err != nil {
		return nil, err
	}
	if o.IfVersion, err = k.wantedVersion(x, key); err != nil {
		return nil, err
	}
	if _, err := k.store.Set(x.ctx, key, json.RawMessage(value), o); err != nil {
		return nil, kvFailure(err)
	}
	out, err := k.show(x) // as it is now: another write may have come since
	if err == nil {
		out.location = x.request.URL.EscapedPath()
	}
	return out, err
}

// incr adds to a counter: data has `incr`, an integer, and may have `ttl`, seconds, which counts from its creation.
func (k keyValues) incr(x *exchange) (*answer, error) {
	key, err := k.key(x)
	if err != nil {
		return nil, err
	}
	data, err := kvData(x, "incr", "ttl")
	if err != nil {
		return nil, err
	}
	number, _ := data["incr"].(json.Number)
	by, err := strconv.ParseInt(number.String(), 10, 64)
	if err != nil {
		return nil, invalidField("incr", "type", schemas.Violation{"message": "Value did not match type(s): integer"})
	}
	ttl, err := ttlOf(x)
	if err != nil {
		return nil, err
	}
	sum, err := k.store.Incr(x.ctx, key, by, ttl)
	if err != nil {
		return nil, kvFailure(err)
	}
	return &answer{data: map[string]any{"id": key.Name, "namespace": x.path["namespace"], "value": sum}}, nil
}

func (k keyValues) delete(x *exchange) (*answer, error) {
	out, err := k.show(x)
	if err != nil {
		return nil, err
	}
	key, err := k.key(x)
	if err != nil {
		return nil, err
	}
	version, err := k.wantedVersion(x, key)
	if err != nil {
		return nil, err
	}
	existed, err := k.store.Delete(x.ctx, key, version)
	if err != nil {
		return nil, kvFailure(err)
	}
	if !existed {
		return nil, badIdentifier(key.Name)
	}
	markDeleted(out)
	return out, nil
}

// kvData reads data with the named members alone.
func kvData(x *exchange, first, second string) (map[string]any, error) {
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	for name := range data {
		if name != first && name != second {
			return nil, invalidField(clip.Name(name), "additionalProperties", schemas.Violation{
				"message": fmt.Sprintf("Strict checking of data is enabled: data has %s and %s", first, second),
			})
		}
	}
	return data, nil
}

// ttlOf reads the time to live, in seconds, from data or query; 0 for none.
func ttlOf(x *exchange) (time.Duration, error) {
	text, given := x.param("ttl")
	if !given {
		return 0, nil
	}
	seconds, err := strconv.ParseFloat(text, 64)
	ttl := time.Duration(seconds * float64(time.Second))
	if err != nil || !(seconds >= kv.MinTTL.Seconds() && seconds <= kv.MaxTTL.Seconds()) {
		return 0, invalidField("ttl", "range", schemas.Violation{
			"message": "a time to live is from 1 second to 400 days, in seconds",
		})
	}
	return ttl, nil
}

// wantedVersion reads the version that the key must have from If-Match and If-None-Match; nil for any.
func (k keyValues) wantedVersion(x *exchange, key kv.Key) (*uint64, error) {
	match, noneMatch := x.request.Header.Get("If-Match"), x.request.Header.Get("If-None-Match")
	if match == "" && noneMatch == "" {
		return nil, nil
	}
	entry, _, err := k.store.Get(x.ctx, key)
	if err != nil {
		return nil, kvFailure(err)
	}
	version := entry.Version // 0 for a key that is not there
	switch {
	case match != "" && (version == 0 || !matches(match, strconv.FormatUint(version, 10), false)):
		return nil, versionFailure()
	case noneMatch != "" && version != 0 && matches(noneMatch, strconv.FormatUint(version, 10), true):
		return nil, versionFailure()
	}
	return &version, nil
}

func versionFailure() *failure {
	return fail(http.StatusPreconditionFailed, "precondition_failed",
		says("the key has another version than the one named by If-Match or If-None-Match"))
}

// kvFailure is the answer for an error of the store.
func kvFailure(err error) error {
	var e *kv.Error
	if !errors.As(err, &e) {
		return err
	}
	field := func(path, validator string) error {
		return invalidField(path, validator, schemas.Violation{"message": e.Error()})
	}
	switch e.Reason {
	case kv.Conflict:
		return versionFailure()
	case kv.TooLarge:
		return field("value", "maxLength")
	case kv.NotANumber:
		return field("value", "type")
	case kv.BadKey:
		return field("key", "pattern")
	case kv.OverQuota:
		return fail(http.StatusBadRequest, "quota_exceeded", map[string]any{"message": e.Error(), "bound": "kv"})
	}
	f := fail(http.StatusServiceUnavailable, "datastore_unreachable", says(e.Message))
	f.cause = err
	if e.Cause != nil {
		f.cause = e.Cause
	}
	return f
}
