package couchapp_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"callfn/couchapp"
	"callfn/internal/datastore/datastoretest"
	"callfn/internal/sandbox/sandboxtest"
)

func TestMain(m *testing.M) { os.Exit(sandboxtest.Main(m)) }

func TestAssemble(t *testing.T) {
	if names := couchapp.Names(); !slices.Contains(names, "functions") || !slices.Contains(names, "accounts") ||
		!slices.Contains(names, "callflows") {
		t.Fatalf("got the design documents %v, want functions, accounts and callflows among them", names)
	}
	for _, name := range couchapp.Names() {
		d, err := couchapp.Assemble(name, couchapp.Callfn)
		if err != nil {
			t.Fatal(err)
		}
		if d.ID != "_design/"+name || d.Language != "callfn" {
			t.Errorf("got id %s, language %s; want _design/%s, callfn", d.ID, d.Language, name)
		}
		sources := map[string]string{}
		for show, source := range d.Shows {
			sources["shows/"+show] = source
		}
		for view, v := range d.Views {
			sources["views/"+view] = v.Map
		}
		for part, source := range sources {
			if !strings.HasPrefix(source, "function") && !strings.HasPrefix(source, "(function") ||
				strings.Contains(source, "!code") {
				t.Errorf("%s %s: got %.40q …, want a function with its !code put in", name, part, source)
			}
		}
	}
	d, err := couchapp.Assemble("functions", couchapp.JavaScript)
	if err != nil {
		t.Fatal(err)
	}
	if d.Shows["wh"] == "" || d.Shows["print_doc"] == "" || d.Views["accounts_listing"].Reduce != "_count" ||
		!strings.Contains(d.Shows["wh"], "new kept.Function(") || !strings.Contains(d.Shows["wh"], "function refusal") {
		t.Errorf("functions: got %+v, want its shows with what they need, and its view counted", d)
	}
	if _, err := couchapp.Assemble("nosuch", couchapp.JavaScript); err == nil {
		t.Error("an unknown design document: got no error, want one")
	}
}

func TestInstall(t *testing.T) {
	store := datastoretest.Open(t)
	ctx := context.Background()
	db, err := store.Resolve("functions", "")
	if err != nil {
		t.Fatal(err)
	}
	d, err := couchapp.Assemble("functions", couchapp.Callfn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := couchapp.Install(ctx, db, d); err != nil {
		t.Fatal(err)
	}
	before, err := db.Get(ctx, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	if change, err := couchapp.Install(ctx, db, d); err != nil || change != couchapp.Unchanged {
		t.Errorf("the same again: got %s, error %v; want %s", change, err, couchapp.Unchanged)
	}
	if after, err := db.Get(ctx, d.ID); err != nil || after.Rev() != before.Rev() {
		t.Errorf("an unchanged design document: got revision %s, error %v; want %s", after.Rev(), err, before.Rev())
	}
	d.Shows["wh"] += "\n"
	if change, err := couchapp.Install(ctx, db, d); err != nil || change != couchapp.Upgraded {
		t.Errorf("changed: got %s, error %v; want %s", change, err, couchapp.Upgraded)
	}
}
