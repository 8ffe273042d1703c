package webmedia_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callfn/internal/account"
	"callfn/internal/await"
	"callfn/internal/media"
	"callfn/internal/webmedia"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const acme, other = account.ID("acme"), account.ID("other")

// site is a web server whose answer can be changed, and the number of its requests.
type site struct {
	url    string
	asked  atomic.Int32
	mu     sync.Mutex
	answer http.HandlerFunc
}

func (s *site) gives(answer http.HandlerFunc) {
	s.mu.Lock()
	s.answer = answer
	s.mu.Unlock()
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := new(site)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		s.mu.Lock()
		answer := s.answer
		s.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// sound gives a WAV file of one level.
func sound(level int16, header ...string) http.HandlerFunc {
	samples := make([]int16, 800)
	for i := range samples {
		samples[i] = level
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		_, _ = w.Write(media.AppendPCM(media.WAVHeader(len(samples)), samples))
	}
}

func fails(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// clock is a time that the test moves.
type clock struct{ now atomic.Int64 }

func (c *clock) Now() time.Time       { return time.Unix(c.now.Load(), 0) }
func (c *clock) pass(d time.Duration) { c.now.Add(int64(d.Seconds())) }

// open is a library that may reach this machine.
func open(t *testing.T, dir string, log io.Writer) (*webmedia.Library, *clock) {
	t.Helper()
	c := new(clock)
	c.now.Store(time.Now().Unix())
	l, err := webmedia.Open(webmedia.Config{
		Dir: dir, Bytes: 1 << 20, Now: c.Now, Log: slog.New(slog.NewTextHandler(log, nil)),
		Allow: func(a netip.Addr) bool { return a.IsLoopback() },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l, c
}

// heard is the level of the audio at an address, or the error.
func heard(l *webmedia.Library, ctx context.Context, address string) (int16, error) {
	src, err := l.Open(ctx, acme, address)
	if err != nil {
		return 0, err
	}
	samples, err := media.ReadAll(src, 10000)
	if closer, ok := src.(io.Closer); ok {
		err = errors.Join(err, closer.Close())
	}
	if err != nil || len(samples) != 800 {
		return 0, errors.Join(errors.New("want 800 samples"), err)
	}
	return samples[0], nil
}

func wantHeard(t *testing.T, l *webmedia.Library, address string, want int16) {
	t.Helper()
	if got, err := heard(l, t.Context(), address); err != nil || got != want {
		t.Errorf("got level %d, error %v; want %d", got, err, want)
	}
}

func wantError(t *testing.T, l *webmedia.Library, address, want string) {
	t.Helper()
	got, err := heard(l, t.Context(), address)
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
		t.Errorf("got level %d, error %v; want an error with %q", got, err, want)
	}
}

func wantAsked(t *testing.T, s *site, want int32) {
	t.Helper()
	if got := s.asked.Load(); got != want {
		t.Errorf("the server was asked %d times, want %d", got, want)
	}
}

// A call waits for a server once, however many want the file; a newer file is fetched behind a later call's back.
func TestCopies(t *testing.T) {
	s := newSite(t)
	s.gives(sound(1000))
	l, now := open(t, t.TempDir(), io.Discard)
	address := s.url + "/greeting?token=secret"
	var calls sync.WaitGroup
	for range 10 {
		calls.Go(func() { wantHeard(t, l, address, 1000) })
	}
	calls.Wait()
	wantAsked(t, s, 1)
	s.gives(sound(2000))
	now.pass(4 * time.Minute)
	wantHeard(t, l, address, 1000)
	wantAsked(t, s, 1)
	now.pass(2 * time.Minute)
	wantHeard(t, l, address, 1000) // and it is fetched anew
	await.True(t, "the newer file", func() bool {
		level, err := heard(l, t.Context(), address)
		return err == nil && level == 2000
	})
	wantAsked(t, s, 2)
}

// A copy of the last day is played when the server is gone, after a restart too; an older one is not.
func TestCopiesOutliveTheirServer(t *testing.T) {
	s, dir, log := newSite(t), t.TempDir(), new(bytes.Buffer)
	s.gives(sound(1000))
	first, _ := open(t, dir, io.Discard)
	address := s.url + "/a.wav?token=secret"
	wantHeard(t, first, address, 1000)
	first.Close()
	l, now := open(t, dir, log)
	wantHeard(t, l, address, 1000)
	wantAsked(t, s, 1)
	s.gives(fails(503))
	now.pass(23 * time.Hour)
	wantHeard(t, l, address, 1000)
	await.True(t, "the server asked again", func() bool { return s.asked.Load() == 2 })
	now.pass(2 * time.Hour)
	wantError(t, l, address, "its server answers 503")
	s.gives(sound(3000))
	wantError(t, l, address, "its server answers 503") // it is not asked again at once
	now.pass(11 * time.Second)
	wantHeard(t, l, address, 3000)
	l.Close()
	text := log.String()
	if !strings.Contains(text, "cannot fetch a sound file anew") || strings.Contains(text, "secret") {
		t.Errorf("got the log %s, want the copy told of, without the address", text)
	}
	for _, pattern := range []string{"*", ".*"} {
		files, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, file := range files {
			if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 || !strings.HasSuffix(file, ".media") {
				t.Errorf("%s: got %v, %v; want finished files that only their owner reads", file, info.Mode(), err)
			}
		}
	}
}

// What a server wants kept by nobody is asked for each time, and not played without it.
func TestFilesThatAreNotToBeKept(t *testing.T) {
	for _, header := range []string{"no-store", "private, no-cache", "max-age=0"} {
		s := newSite(t)
		l, now := open(t, t.TempDir(), io.Discard)
		for i := range int16(3) {
			s.gives(sound(1000+i, "Cache-Control", header))
			wantHeard(t, l, s.url, 1000+i)
		}
		wantAsked(t, s, 3)
		s.gives(fails(404))
		wantError(t, l, s.url, "its server answers 404")
		now.pass(11 * time.Second)
		s.gives(sound(1, "Cache-Control", "max-age=300"))
		wantHeard(t, l, s.url, 1)
		wantHeard(t, l, s.url, 1)
		wantAsked(t, s, 5)
	}
}

func TestWhatIsNotPlayed(t *testing.T) {
	s := newSite(t)
	l, _ := open(t, t.TempDir(), io.Discard)
	long := bytes.Repeat([]byte{1}, webmedia.Longest+1)
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"a page":    {sound(1, "Content-Type", "text/html; charset=utf-8"), "no sound file"},
		"something": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte{1, 2, 3}) }, "no sound file"},
		"nothing":   {fails(200), "no sound file"},
		"an empty WAV": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(media.WAVHeader(0))
		}, "no sound file"},
		"too long": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(long) }, "too large"},
		"refused":  {fails(403), "its server answers 403"},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		}, "http:// or https://"},
	} {
		t.Run(name, func(t *testing.T) {
			s.gives(c.answer)
			wantError(t, l, s.url+"/"+strings.ReplaceAll(name, " ", "-")+"?secret", c.want)
		})
	}
	t.Run("a bad answer leaves the copy", func(t *testing.T) {
		s.gives(sound(5))
		l, now := open(t, t.TempDir(), io.Discard)
		wantHeard(t, l, s.url+"/x", 5)
		asked := s.asked.Load()
		s.gives(sound(6, "Content-Type", "text/html"))
		now.pass(time.Hour)
		wantHeard(t, l, s.url+"/x", 5)
		await.True(t, "the server asked again", func() bool { return s.asked.Load() == asked+1 })
		l.Close()
		if src, err := l.Again(s.url + "/x"); err != nil {
			t.Errorf("got error %v, want the copy still there", err)
		} else {
			_ = src.(io.Closer).Close()
		}
	})
	t.Run("an address inside", func(t *testing.T) {
		public, err := webmedia.Open(webmedia.Config{
			Dir: t.TempDir(), Bytes: 1 << 20, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer public.Close()
		asked := s.asked.Load()
		wantError(t, public, s.url+"/inside", "not a public one")
		wantError(t, public, strings.Replace(s.url, "127.0.0.1", "localhost", 1)+"/inside", "no public address")
		wantAsked(t, s, asked)
	})
	t.Run("no disk", func(t *testing.T) {
		dir, log := t.TempDir(), new(bytes.Buffer)
		l, _ := open(t, dir, log)
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		s.gives(sound(5))
		wantError(t, l, s.url+"/kept", "cannot be kept on disk")
		if _, err := heard(l, t.Context(), s.url+"/kept2"); err == nil || strings.Contains(err.Error(), dir) {
			t.Errorf("got %v, want no path of this machine", err)
		}
		if !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), dir) {
			t.Errorf("got the log %s, want an error with the path", log)
		}
	})
}

// An account may fetch so many files at once; others are not kept from theirs, and who hangs up does not wait.
func TestFetchesAreBounded(t *testing.T) {
	s, release := newSite(t), make(chan struct{})
	s.gives(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
		sound(7)(w, r)
	})
	l, _ := open(t, t.TempDir(), io.Discard)
	var calls sync.WaitGroup
	for i := range 8 {
		calls.Go(func() { wantHeard(t, l, s.url+"/"+string(rune('a'+i)), 7) })
	}
	await.True(t, "8 requests", func() bool { return s.asked.Load() == 8 })
	if _, err := l.Open(t.Context(), acme, s.url+"/ninth"); !errors.Is(err, webmedia.ErrBusy) {
		t.Errorf("a ninth file: got %v, want ErrBusy", err)
	}
	gone, hangUp := context.WithCancelCause(t.Context())
	hungUp := errors.New("hung up")
	time.AfterFunc(20*time.Millisecond, func() { hangUp(hungUp) })
	if _, err := l.Open(gone, other, s.url+"/tenth"); !errors.Is(err, hungUp) {
		t.Errorf("who hangs up: got %v, want the cause", err)
	}
	close(release)
	calls.Wait()
	await.True(t, "the tenth file, for the next call", func() bool {
		src, err := l.Again(s.url + "/tenth")
		if err != nil {
			return false
		}
		return src.(io.Closer).Close() == nil
	})
}

// Files that are played count until their end: an account cannot fill the disk with them.
func TestWhatIsPlayedCounts(t *testing.T) {
	s, log := newSite(t), new(bytes.Buffer)
	s.gives(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(media.AppendPCM(media.WAVHeader(200_000), make([]int16, 200_000))) // 400 KB
	})
	l, now := open(t, t.TempDir(), log)
	var playing []media.Source
	for _, name := range []string{"/a", "/b"} {
		src, err := l.Open(t.Context(), acme, s.url+name)
		if err != nil {
			t.Fatal(err)
		}
		playing = append(playing, src)
	}
	if _, err := l.Open(t.Context(), acme, s.url+"/c"); err == nil || !strings.Contains(err.Error(), "cannot be kept") {
		t.Errorf("a third of 400 KB in a MiB: got %v, want it refused", err)
	}
	for _, src := range playing {
		_ = src.(io.Closer).Close()
	}
	now.pass(11 * time.Second)
	src, err := l.Open(t.Context(), acme, s.url+"/c")
	if err != nil {
		t.Fatalf("once the others are over: got error %v, want none", err)
	}
	_ = src.(io.Closer).Close()
	if !strings.Contains(log.String(), "--media-copies-mib") {
		t.Errorf("got the log %s, want to be told what to raise", log)
	}
}

// Close ends what is being fetched.
func TestClose(t *testing.T) {
	s := newSite(t)
	s.gives(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	l, _ := open(t, t.TempDir(), io.Discard)
	ended := make(chan error)
	go func() {
		_, err := l.Open(t.Context(), acme, s.url)
		ended <- err
	}()
	await.True(t, "a request", func() bool { return s.asked.Load() == 1 })
	l.Close()
	if err := <-ended; err == nil {
		t.Error("got no error, want one")
	}
	if _, err := l.Open(t.Context(), acme, s.url+"/later"); err == nil {
		t.Error("after Close: got no error, want one")
	}
}
