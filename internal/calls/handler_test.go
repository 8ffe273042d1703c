package calls_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/calls"
	"callfn/internal/datastore"
	"callfn/internal/datastore/datastoretest"
	"callfn/internal/numbers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk is a Handler over a real datastore, with one account that has a callflow.
type desk struct {
	calls.Handler
	accounts *account.Store
	numbers  *numbers.Table
	master   account.Account
	acme     account.Account
	log      *bytes.Buffer

	mu      sync.Mutex
	records []calls.Record
}

func (d *desk) CallEnded(r calls.Record) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.records = append(d.records, r)
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	stores, ctx := datastoretest.Open(t), context.Background()
	d := &desk{log: &bytes.Buffer{}}
	d.accounts = account.NewStore(account.Config{Datastores: stores, Random: rand.Reader, Now: time.Now})
	d.numbers = &numbers.Table{Datastores: stores, Now: time.Now}
	var err error
	if d.master, _, err = d.accounts.EnsureMaster(ctx, "master", strings.Repeat("a", 64)); err != nil {
		t.Fatal(err)
	}
	if d.acme, err = d.accounts.Create(ctx, d.master, datastore.Document{"name": "acme", "realm": "acme.example"},
		datastore.Stamp{}); err != nil {
		t.Fatal(err)
	}
	db, err := stores.Resolve(datastore.Callflows, "")
	if err != nil {
		t.Fatal(err)
	}
	for id, doc := range map[string]datastore.Document{
		"c1": {"numbers": []any{"+14155550100", "1000"}, "flow": map[string]any{
			"module": "answer", "data": map[string]any{}, "children": map[string]any{
				"_": map[string]any{"module": "wait_for_hangup", "data": map[string]any{}},
			},
		}},
		"c2": {"numbers": []any{"no_match"}, "flow": map[string]any{"module": "answer", "data": map[string]any{}}},
	} {
		doc["_id"], doc["pvt_type"], doc["pvt_account_id"], doc["name"] = id, "callflow", string(d.acme.ID()), "flow "+id
		if _, err := db.Create(ctx, doc); err != nil {
			t.Fatal(err)
		}
	}
	directory := callflow.Stored{Datastores: stores}
	d.Handler = calls.Handler{
		Executor: &callflow.Executor{Directory: directory}, Directory: directory, Accounts: d.accounts, Numbers: d.numbers,
		Registry: calls.NewRegistry(time.Now, d), Log: slog.New(slog.NewTextHandler(d.log, nil)),
	}
	return d
}

// take has the handler take a call to user@realm, whose caller stays until released or hung up on.
func (d *desk) take(user, realm string, change ...func(*calls.Incoming)) (*line, <-chan struct{}) {
	l := newLine()
	in := calls.Incoming{
		Call: &callflow.Call{
			ID: "call-1", Request: callflow.URI{User: user, Realm: realm}, CallerIDNumber: "+14155550199",
		},
		Control: l, Switch: "test",
	}
	for _, change := range change {
		change(&in)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.Take(context.Background(), in)
	}()
	return l, done
}

// Which account a call reaches, and what callers hear who reach none.
func TestTakeFindsTheAccount(t *testing.T) {
	atHome := func(d *desk) func(*calls.Incoming) {
		return func(in *calls.Incoming) { in.Home = func(context.Context, string) account.ID { return d.acme.ID() } }
	}
	for _, c := range []struct {
		name, user, realm string
		assigned          bool
		home              bool
		disabled          bool
		want              string // a response, or the callflow that answers
	}{
		{"an assigned number", "+14155550100", "sip.provider.example", true, false, false, "c1"},
		{"an assigned number as dialled", "4155550100", "192.0.2.1", true, false, false, "c1"},
		{"a number that is in a callflow only", "+14155550100", "sip.provider.example", false, false, false, "404"},
		{"an extension by its realm", "1000", "acme.example", false, false, false, "c1"},
		{"an extension by its realm in capitals", "1000", "ACME.example", false, false, false, "c1"},
		{"an extension by another name", "1000", "192.0.2.1", false, false, false, "404"},
		{"an extension at home", "1000", "127.0.0.1", false, true, false, "c1"},
		{"no_match serves no strangers", "5550000", "acme.example", false, false, false, "404"},
		{"a disabled account", "+14155550100", "x", true, false, true, "403"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			if c.assigned {
				if _, err := d.numbers.Assign(t.Context(), "+14155550100", d.acme.ID(), nil, datastore.Stamp{}); err != nil {
					t.Fatal(err)
				}
			}
			if c.disabled {
				doc := d.acme.Document()
				doc["pvt_enabled"] = false
				if _, err := d.accounts.Update(t.Context(), doc, datastore.Stamp{}); err != nil {
					t.Fatal(err)
				}
			}
			var change []func(*calls.Incoming)
			if c.home {
				change = append(change, atHome(d))
			}
			line, done := d.take(c.user, c.realm, change...)
			got := line.fate()
			if channel, ok := d.Registry.Get(d.acme.ID(), "call-1"); ok && got == "answered" {
				got = string(channel.Callflow.ID)
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			line.hangUp()
			<-done
			if strings.Contains(d.log.String(), "5550100") {
				t.Errorf("got the number in the log, want it left out: %s", d.log)
			}
			if n := d.Registry.Count(); n != 0 {
				t.Errorf("%d calls are in the registry after the call, want none", n)
			}
		})
	}
}

// A call in progress is seen in its step, and hung up from outside; its record has the steps.
func TestCallInProgress(t *testing.T) {
	d := newDesk(t)
	line, done := d.take("1000", "acme.example")
	line.await(t, "wait")
	channels := d.Registry.Of(d.acme.ID())
	if len(channels) != 1 || channels[0].Module != "wait_for_hangup" || channels[0].Step != 2 ||
		channels[0].Callflow.Name != "flow c1" || channels[0].Answered.IsZero() {
		t.Errorf("channels: got %+v, want one, answered, in step 2 of flow c1", channels)
	}
	if got := d.Registry.Of(d.master.ID()); len(got) != 0 {
		t.Errorf("another account sees %v, want nothing", got)
	}
	if d.Registry.HangUp(d.master.ID(), "call-1") {
		t.Error("another account hung the call up, want that it cannot")
	}
	if !d.Registry.HangUp(d.acme.ID(), "call-1") {
		t.Fatal("the call was not found, want it hung up")
	}
	<-done
	if got := line.hungUpWith(); got != "" {
		t.Errorf("hung up with %q, want the switch's own cause", got)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.records) != 1 {
		t.Fatalf("got %d records, want 1", len(d.records))
	}
	r := d.records[0]
	if r.Account != d.acme.ID() || len(r.Steps) != 2 || r.Steps[0].Module != "answer" || r.Billing() <= 0 ||
		!strings.Contains(r.Ended.Hint, calls.ErrHungUp.Error()) {
		t.Errorf("got %+v, want two steps, some seconds billed and who hung up", r)
	}
}

// A panic outside the modules, which the walk guards, is left to the switch, with no call in progress and a record.
func TestTakeThatPanics(t *testing.T) {
	d := newDesk(t)
	d.Directory = broken{d.Directory}
	func() {
		defer func() {
			if got := recover(); got != "a bug" {
				t.Errorf("recovered %v, want the walk's panic", got)
			}
		}()
		d.Take(context.Background(), calls.Incoming{
			Call:    &callflow.Call{ID: "call-1", Request: callflow.URI{User: "1000", Realm: "acme.example"}},
			Control: newLine(), Switch: "test",
		})
	}()
	if got := d.Registry.Count(); got != 0 {
		t.Errorf("got %d calls in progress, want 0", got)
	}
	if len(d.records) != 1 || d.records[0].Ended.How != callflow.EndCancelled || d.records[0].Ended.Hint == "" {
		t.Errorf("got records %+v, want one of a call that callfn failed", d.records)
	}
}

// broken is a directory that has a bug.
type broken struct{ callflow.Directory }

func (broken) ByNumber(context.Context, account.ID, string) ([]callflow.Document, error) {
	panic("a bug")
}

// A datastore that does not answer refuses calls for now, and says so as an error.
func TestTakeWithoutDatastore(t *testing.T) {
	d := newDesk(t)
	d.Directory = unreachable{d.Directory}
	line, done := d.take("1000", "acme.example")
	<-done
	if got := line.fate(); got != "503" {
		t.Errorf("got %s, want 503", got)
	}
	if !strings.Contains(d.log.String(), "level=ERROR") {
		t.Errorf("log: got %s, want an error", d.log)
	}
}

type unreachable struct{ callflow.Directory }

func (unreachable) ByNumber(context.Context, account.ID, string) ([]callflow.Document, error) {
	return nil, errors.New("no answer")
}
