package voice_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/media"
	"callfn/internal/voice"
)

// line is a transport that counts frames.
type line struct{ frames int }

func (l *line) Send(int64, *media.Frame) { l.frames++ }

// speaker notes what is spoken, 20 ms each.
type speaker struct{ said []string }

func (s *speaker) Speak(_ context.Context, text, _, language string) (media.Source, error) {
	s.said = append(s.said, language+": "+text)
	return media.FromSamples(make([]int16, media.FrameSamples)), nil
}

func sound(frames int) *fstest.MapFile {
	n := frames * media.FrameSamples
	return &fstest.MapFile{Data: media.AppendPCM(media.WAVHeader(n), make([]int16, n))}
}

func TestPromptsAreFilesOrSpoken(t *testing.T) {
	files := voice.Files{FS: fstest.MapFS{
		"en-us/menu-exit.wav": sound(3), "en/us/menu-return.wav": sound(4), "vm-saved.wav": sound(5),
		"account1/greeting.wav": sound(6), "account1/notes.txt": {Data: []byte("no sound")}, "dir.wav/x": sound(1),
	}}
	for _, c := range []struct {
		name   string
		frames int
		said   string // instead of a file
		heard  bool
	}{
		{"prompt://account1/menu-exit/en-us", 3, "", true},
		{"prompt://account1/menu-return/en-us", 4, "", true},
		{"prompt://account1/vm-saved/de-de", 5, "", true},
		{"prompt://account1/vm-goodbye/de-de", 1, "de-de: Auf Wiederhören.", true},
		{"prompt://account1/vm-goodbye/xx", 1, "xx: Good-bye.", true},
		{"prompt://account1/../../etc/passwd/en-us", 0, "", false},
		{"prompt://account1/unknown/en-us", 0, "", false},
		{"/account1/greeting", 6, "", true},
		{"/account1/../account1/greeting.wav", 6, "", true},
		{"/account1/notes.txt", 0, "", false},
		{"/dir.wav", 0, "", false},
		{"/../../../../etc/passwd", 0, "", false},
		{"https://example.com/a.wav", 0, "", false},
		{"silence_stream://100", 5, "", true},
		{"silence_stream://-1", 0, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				out, says := new(line), new(speaker)
				v := voice.Voice{
					Config:  voice.Config{Library: files, Speaker: says},
					Session: media.NewSession(out), Call: &callflow.Call{},
				}
				err := v.Play(t.Context(), callflow.Media{Name: c.name})
				if (err == nil) != c.heard || err != nil && !errors.Is(err, callflow.ErrNotHeard) {
					t.Errorf("got error %v, want it heard: %t", err, c.heard)
				}
				if out.frames != c.frames {
					t.Errorf("heard %d frames, want %d", out.frames, c.frames)
				}
				if c.said != "" && !slices.Equal(says.said, []string{c.said}) {
					t.Errorf("said %q, want %q", says.said, c.said)
				}
			})
		})
	}
}

func TestWithoutAnEngineThreeTonesAreHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := new(line)
		v := voice.Voice{Session: media.NewSession(out), Call: &callflow.Call{}}
		err := v.Speak(t.Context(), callflow.Speech{Text: "Hello"})
		if !errors.Is(err, callflow.ErrNotHeard) || !errors.Is(err, voice.ErrNoEngine) || out.frames < 50 {
			t.Errorf("got %v after %d frames, want tones and why", err, out.frames)
		}
	})
}

// web has one sound file, of three frames, and servers that never answer.
type web struct{ asked []string }

func (w *web) Open(ctx context.Context, owner account.ID, address string) (media.Source, error) {
	w.asked = append(w.asked, "open "+string(owner)+" "+address)
	switch address {
	case "https://example.com/a.wav":
		return media.FromSamples(make([]int16, 3*media.FrameSamples)), nil
	case "http://slow.example.com/":
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	return nil, errors.New("its server answers 404")
}

func (w *web) Again(address string) (media.Source, error) {
	w.asked = append(w.asked, "again "+address)
	return media.FromSamples(make([]int16, 3*media.FrameSamples)), nil
}

func TestMediaOfWebServers(t *testing.T) {
	play := func(t *testing.T, servers voice.Web, m callflow.Media, hangUp time.Duration) (int, error) {
		out := new(line)
		v := voice.Voice{
			Config: voice.Config{Web: servers}, Session: media.NewSession(out), Call: &callflow.Call{Account: "acme"},
		}
		if hangUp > 0 {
			time.AfterFunc(hangUp, v.Session.Close)
		}
		err := v.Play(t.Context(), m)
		return out.frames, err
	}
	synctest.Test(t, func(t *testing.T) {
		servers := new(web)
		if frames, err := play(t, servers, callflow.Media{Name: "https://example.com/a.wav", Loops: 3}, 0); err != nil ||
			frames != 9 {
			t.Errorf("got %v after %d frames, want 9", err, frames)
		}
		again := "again https://example.com/a.wav"
		if want := []string{"open acme https://example.com/a.wav", again, again}; !slices.Equal(servers.asked, want) {
			t.Errorf("got %q, want %q: loops do not wait for a server", servers.asked, want)
		}
		_, err := play(t, servers, callflow.Media{Name: "HTTPS://example.com/none"}, 0)
		if !errors.Is(err, callflow.ErrNotHeard) || !strings.Contains(err.Error(), "its server answers 404") {
			t.Errorf("what cannot be fetched: got %v, want it not heard, and why", err)
		}
		began := time.Now()
		_, err = play(t, servers, callflow.Media{Name: "http://slow.example.com/"}, time.Second)
		if !errors.Is(err, callflow.ErrHungUp) || time.Since(began) != time.Second {
			t.Errorf("a caller who hangs up meanwhile: got %v after %v, want that after 1s", err, time.Since(began))
		}
		_, err = play(t, nil, callflow.Media{Name: "https://example.com/a.wav"}, 0)
		if !errors.Is(err, callflow.ErrNotHeard) || !strings.Contains(err.Error(), "--media-copies-mib") {
			t.Errorf("where nothing is fetched: got %v, want it not heard, and why", err)
		}
	})
}

func TestSay(t *testing.T) {
	for _, c := range []struct {
		say  callflow.Say
		want string
	}{
		{callflow.Say{Text: "123", Type: "number", Method: "pronounced"}, "123"},
		{callflow.Say{Text: "123", Type: "number", Method: "iterated"}, "1, 2, 3"},
		{callflow.Say{Text: "Ann-1", Type: "name_spelled"}, "A, n, n, dash, 1"},
		{callflow.Say{Text: "+4930", Type: "telephone_number"}, "plus, 4, 9, 3, 0"},
		{callflow.Say{Text: "x", Type: "current_time"}, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Local().Format("15:04")},
	} {
		synctest.Test(t, func(t *testing.T) {
			says := new(speaker)
			v := voice.Voice{
				Config: voice.Config{Speaker: says}, Session: media.NewSession(new(line)),
				Call: &callflow.Call{Language: "fr-fr"},
			}
			if err := v.Say(t.Context(), c.say); err != nil {
				t.Error(err)
			}
			if want := "fr-fr: " + c.want; !slices.Equal(says.said, []string{want}) {
				t.Errorf("%+v: said %q, want %q", c.say, says.said, want)
			}
		})
	}
}
