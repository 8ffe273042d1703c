package recording_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/media"
	"callfn/internal/recording"
	"callfn/internal/voice"
)

var (
	acme = account.ID(strings.Repeat("a", 32))
	ajax = account.ID(strings.Repeat("b", 32))
)

func open(t *testing.T, dir string, change func(*recording.Config)) *recording.Store {
	t.Helper()
	cfg := recording.Config{Dir: dir, Now: time.Now, Random: rand.Reader}
	if change != nil {
		change(&cfg)
	}
	s, err := recording.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func begin(t *testing.T, s *recording.Store, id account.ID) voice.Recording {
	t.Helper()
	r, err := s.Create(&callflow.Call{ID: "call-1", Account: id, CallerIDNumber: "4158867900"}, "voicemail")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func list(t *testing.T, s *recording.Store, id account.ID) []recording.Info {
	t.Helper()
	l, err := s.List(id)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestKeptRecordings(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	sound := slices.Repeat([]int16{1, -2, 3, -4}, 4000)
	r := begin(t, s, acme)
	for part := range slices.Chunk(sound, 160) {
		if err := r.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	if l := list(t, s, acme); len(l) != 0 {
		t.Errorf("got %v listed before it is kept, want none", l)
	}
	if err := r.Keep(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, nil) // as after a crash: nothing more was written
	l := list(t, s, acme)
	if len(l) != 1 || l[0].Duration != 2*time.Second || l[0].CallID != "call-1" || l[0].From != "4158867900" ||
		l[0].Bytes != 32044 || l[0].Account != acme {
		t.Fatalf("got %+v, want one of two seconds", l)
	}
	f, err := s.Audio(acme, l[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	src, err := media.DecodeWAV(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := media.ReadAll(src, 1<<20); err != nil || !slices.Equal(got, sound) {
		t.Errorf("got %d samples, %v; want what was recorded", len(got), err)
	}
	if info, err := f.Stat(); err == nil && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode())
	}
	if _, err := s.Audio(ajax, l[0].ID); !errors.Is(err, recording.ErrNotFound) {
		t.Errorf("another account: got %v, want ErrNotFound", err)
	}
	for _, id := range []string{"../" + l[0].ID, "", strings.ToUpper(l[0].ID), strings.Repeat("c", 32)} {
		if _, err := s.Get(acme, id); !errors.Is(err, recording.ErrNotFound) {
			t.Errorf("id %q: got %v, want ErrNotFound", id, err)
		}
	}
	if err := s.Delete(acme, l[0].ID); err != nil {
		t.Fatal(err)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*", "*")); len(files) != 0 {
		t.Errorf("got %v left, want no files", files)
	}
}

func TestWhatACrashCutsOffIsRemoved(t *testing.T) {
	dir := t.TempDir()
	r := begin(t, open(t, dir, nil), acme)
	if err := r.Write(make([]int16, 8000)); err != nil {
		t.Fatal(err)
	}
	alone := filepath.Join(dir, string(acme), strings.Repeat("d", 32)+".wav")
	if err := os.WriteFile(alone, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, dir, nil)
	if files, _ := filepath.Glob(filepath.Join(dir, "*", "*")); len(files) != 0 {
		t.Errorf("got %v left, want no files", files)
	}
}

func TestQuota(t *testing.T) {
	dir := t.TempDir()
	limit := func(c *recording.Config) { c.Quota = 40000 }
	s := open(t, dir, limit)
	r := begin(t, s, acme)
	if err := r.Write(make([]int16, 16000)); err != nil {
		t.Fatal(err)
	}
	if err := r.Write(make([]int16, 8000)); !errors.Is(err, recording.ErrNoRoom) {
		t.Errorf("got %v, want ErrNoRoom", err)
	}
	if err := r.Keep(); err != nil { // what there was room for
		t.Fatal(err)
	}
	if err := begin(t, s, ajax).Write(make([]int16, 16000)); err != nil {
		t.Errorf("another account: got error %v, want room", err)
	}
	s = open(t, dir, limit)
	if err := begin(t, s, acme).Write(make([]int16, 8000)); !errors.Is(err, recording.ErrNoRoom) {
		t.Errorf("after a restart: got %v, want ErrNoRoom", err)
	}
	if err := s.Delete(acme, list(t, s, acme)[0].ID); err != nil {
		t.Fatal(err)
	}
	dropped := begin(t, s, acme)
	if err := errors.Join(dropped.Write(make([]int16, 16000)), dropped.Drop()); err != nil {
		t.Fatal(err)
	}
	if err := begin(t, s, acme).Write(make([]int16, 16000)); err != nil {
		t.Errorf("got error %v, want room for what was deleted and dropped", err)
	}
}

func TestRetention(t *testing.T) {
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	s := open(t, t.TempDir(), func(c *recording.Config) {
		c.Now, c.Retention = func() time.Time { return now }, 24*time.Hour
	})
	for range 3 {
		if err := begin(t, s, acme).Keep(); err != nil {
			t.Fatal(err)
		}
		now = now.Add(10 * time.Hour)
	}
	if n, err := s.Expire(); n != 1 || err != nil {
		t.Errorf("got %d, %v; want the one that is 30 hours old removed", n, err)
	}
	l := list(t, s, acme)
	if len(l) != 2 || !l[0].Start.After(l[1].Start) {
		t.Errorf("got %v, want two, the latest first", l)
	}
	if err := s.DeleteAccount(acme); err != nil || len(list(t, s, acme)) != 0 {
		t.Errorf("got error %v, %v left; want neither", err, list(t, s, acme))
	}
}
