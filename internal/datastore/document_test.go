package datastore

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestPublicPart(t *testing.T) {
	doc, err := decodeDocument(
		[]byte(`{"_id":"ab","_rev":"1-x","pvt_type":"function","pvt_deleted":true,"name":"n","big":12345678901234567890,
		"_read_only":{"features":[]},"nested":{"_kept":1,"pvt_kept":2}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"id": "ab", "name": "n", "big": json.Number("12345678901234567890"),
		"_read_only": map[string]any{"features": []any{}},
		"nested":     map[string]any{"_kept": json.Number("1"), "pvt_kept": json.Number("2")},
	}
	if diff := cmp.Diff(want, doc.Public()); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
	if !doc.Deleted() || doc.Type() != "function" || doc.Rev() != "1-x" {
		t.Error("got no private fields, want them read")
	}
}

// Whatever a client sends, the platform's own fields of the stored document stay unchanged.
func TestReplaceNeverTouchesPrivateFields(t *testing.T) {
	keys := rapid.SampledFrom([]string{
		"_id", "_rev", "pvt_type", "pvt_account_id", "pvt_deleted", "_read_only",
		"_attachments", "id", "name", "custom",
	})
	rapid.Check(t, func(t *rapid.T) {
		stored := Document{"_id": "ab", "_rev": "1-x", "pvt_type": "function", "old": true}
		sent := rapid.MapOf(keys, rapid.Map(rapid.String(), func(s string) any { return s })).Draw(t, "sent")
		got := stored.Replace(sent)
		for key, value := range got {
			if Private(key) && stored[key] != value {
				t.Fatalf("private field %s: got %v, want it kept", key, value)
			}
			if !Private(key) && sent[key] != value {
				t.Fatalf("field %s: got %v, want %v", key, value, sent[key])
			}
		}
		for _, key := range []string{"_id", "_rev", "pvt_type"} {
			if got[key] != stored[key] {
				t.Fatalf("field %s: got none, want what was sent", key)
			}
		}
	})
}

func TestStamp(t *testing.T) {
	now := time.Date(2024, 3, 12, 10, 0, 0, 0, time.UTC)
	doc := Document{"_id": "ab", "name": "Say hi!"}
	Stamp{
		Type: "function", AccountID: "acc", Database: "functions", Now: now, RequestID: "req", Authenticated: true,
		AuthAccountID: "auth",
	}.Mark(doc)
	want := Document{
		"_id": "ab", "name": "Say hi!", "pvt_type": "function", "pvt_vsn": "1", "pvt_account_id": "acc",
		"pvt_account_db": "functions",
		"pvt_created":    int64(63877456800), "pvt_modified": int64(63877456800), "pvt_request_id": "req",
		"pvt_is_authenticated": true,
		"pvt_auth_account_id":  "auth", "pvt_alphanum_name": "sayhi",
	}
	if diff := cmp.Diff(want, doc); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
	doc["_rev"] = "1-x"
	Stamp{AccountID: "other", Database: "other", Now: now.Add(time.Minute)}.Mark(doc)
	want["_rev"], want["pvt_modified"], want["pvt_is_authenticated"] = "1-x", int64(63877456860), false
	if diff := cmp.Diff(want, doc); diff != "" {
		t.Errorf("a second save (-want +got):\n%s", diff)
	}
	if !FromGregorian(Gregorian(now)).Equal(now) {
		t.Error("got another time from gregorian seconds, want the same")
	}
}

func TestIDs(t *testing.T) {
	id, err := NewID(bytes.NewReader(bytes.Repeat([]byte{0xAB}, 16)))
	if err != nil || id != strings.Repeat("ab", 16) || !ValidID(id) {
		t.Errorf("got id %q, error %v; want 32 hexadecimal digits", id, err)
	}
	if _, err := NewID(strings.NewReader("short")); err == nil {
		t.Error("got an id from too little randomness, want an error")
	}
	for _, bad := range []string{
		"", "_design/functions", strings.Repeat("A", 32), strings.Repeat("a", 31),
		strings.Repeat("a", 33), strings.Repeat("a", 32) + "\n",
	} {
		if ValidID(bad) {
			t.Errorf("got %q taken for an id, want it refused", bad)
		}
	}
}
