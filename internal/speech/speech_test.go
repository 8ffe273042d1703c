package speech_test

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callfn/internal/media"
	"callfn/internal/speech"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script is a speech command: a shell script that gets language and voice as arguments, and the sentence on stdin.
func script(t *testing.T, body string) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "speak")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body), 0o700); err != nil {
		t.Fatal(err)
	}
	return []string{path, "{language}", "{voice}"}
}

// counting is a command that speaks 100 ms, and appends what it was asked to a file.
func counting(t *testing.T) (command []string, said func() []string) {
	t.Helper()
	dir := t.TempDir()
	wav, log := filepath.Join(dir, "said.wav"), filepath.Join(dir, "log")
	sound := slices.Repeat([]int16{5000}, 800)
	if err := os.WriteFile(wav, media.AppendPCM(media.WAVHeader(len(sound)), sound), 0o600); err != nil {
		t.Fatal(err)
	}
	command = script(t, `text=$(cat); echo "$1|$2|$text" >> `+log+`; cat `+wav+"\n")
	return command, func() []string {
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(string(text)), "\n")
	}
}

func open(t *testing.T, command []string, dir string, bytes int64) *speech.Engine {
	t.Helper()
	e, err := speech.New(t.Context(), speech.Config{Command: command, Dir: dir, Bytes: bytes})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// play reads a source as the clock would, to its end.
func play(t *testing.T, s media.Source) []int16 {
	t.Helper()
	var out []int16
	buf := make([]int16, media.FrameSamples)
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		n, err := s.Read(buf)
		out = append(out, buf[:n]...)
		if err != nil {
			return out
		}
		if buf[0] == 0 {
			time.Sleep(time.Millisecond) // silence while the next sentence is rendered
		}
	}
	t.Fatal("got no end of the speech within 10 s, want one")
	return nil
}

func TestSpeakRendersEachSentenceOnce(t *testing.T) {
	command, said := counting(t)
	dir := t.TempDir()
	e := open(t, command, dir, 1<<20)
	for range 3 {
		s, err := e.Speak(t.Context(), "Hello there. You pressed 5! Good-bye", "male", "de-DE")
		if err != nil {
			t.Fatal(err)
		}
		loud := 0
		for _, x := range play(t, s) {
			if x != 0 {
				loud++
			}
		}
		if loud != 2400 {
			t.Errorf("heard %d samples of speech, want three sentences of 800", loud)
		}
	}
	again := open(t, command, dir, 1<<20) // what an earlier run rendered is there
	if _, err := again.Speak(t.Context(), "Hello there.", "male", "de-DE"); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"en-us|female|one", "de-de|male|Hello there.", "de-de|male|You pressed 5!", "de-de|male|Good-bye",
		"en-us|female|one", // each start tries the command
	}
	if got := said(); !slices.Equal(got, want) {
		t.Errorf("the command was asked %q, want %q", got, want)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 3 {
		t.Errorf("got %v, %v; want three files", files, err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, want 0600: texts hold callers' numbers", f, info.Mode())
		}
	}
}

func TestTextIsNoCommandLine(t *testing.T) {
	command, said := counting(t)
	e := open(t, command, t.TempDir(), 1<<20)
	for _, c := range []struct{ text, voice, language string }{
		{"-f/etc/passwd", "female", "en-us"}, {"$(id)", "-w/tmp/x", "-f/etc/passwd"}, {"a\x00b", "f", "en us; id"},
	} {
		if _, err := e.Speak(t.Context(), c.text, c.voice, c.language); err != nil {
			t.Errorf("%q: got error %v, want it spoken", c.text, err)
		}
	}
	want := []string{"en-us|female|one", "en-us|female|-f/etc/passwd", "en-us|female|$(id)", "en-us|female|a b"}
	if got := said(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A program that keeps settings in its home finds no place for them, whoever runs it.
func TestTheCommandHasNoHome(t *testing.T) {
	speaks, _ := counting(t)
	made := filepath.Join(t.TempDir(), "made")
	command := script(t, `mkdir -p "$HOME/.config" && echo "$HOME" >`+made+"; exec "+speaks[0]+` "$@"`+"\n")
	if _, err := open(t, command, t.TempDir(), 1<<20).Speak(t.Context(), "one", "female", "en-us"); err != nil {
		t.Fatal(err)
	}
	if home, err := os.ReadFile(made); err == nil {
		t.Errorf("the command made a directory in %s, want it to have no home", home)
	}
}

func TestTextsAreBounded(t *testing.T) {
	command, _ := counting(t)
	e := open(t, command, t.TempDir(), 1<<20)
	for _, text := range []string{"", " \n\t ", strings.Repeat("a", speech.LongestText+1)} {
		if _, err := e.Speak(t.Context(), text, "", ""); !errors.Is(err, speech.ErrText) {
			t.Errorf("%d bytes: got %v, want ErrText", len(text), err)
		}
	}
	s, err := e.Speak(t.Context(), strings.Repeat("word ", 800), "", "")
	if err != nil {
		t.Fatal(err)
	}
	if got := len(play(t, s)); got < 14*800 {
		t.Errorf("heard %d samples of a text without sentences, want it in pieces", got)
	}
}

func TestCacheIsBounded(t *testing.T) {
	command, _ := counting(t)
	dir := t.TempDir()
	const file = 1644 // bytes of one sentence
	e := open(t, command, dir, 5*file)
	for _, text := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		if _, err := e.Speak(t.Context(), text, "", ""); err != nil {
			t.Fatal(err)
		}
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) > 5 {
		t.Errorf("%d files are kept, want no more than five", len(files))
	}
}

func TestCommandsThatCannotSpeak(t *testing.T) {
	for name, command := range map[string][]string{
		"is not there":   {"/nonexistent/speak"},
		"fails":          script(t, "exit 3\n"),
		"writes no WAV":  script(t, "echo hello\n"),
		"writes nothing": script(t, "cat >/dev/null\n"),
	} {
		if _, err := speech.New(t.Context(), speech.Config{Command: command, Dir: t.TempDir(), Bytes: 1 << 20}); err == nil {
			t.Errorf("a command that %s: got no error, want one", name)
		}
	}
}

func TestACommandThatHangsIsEndedWithTheCall(t *testing.T) {
	command, _ := counting(t)
	command = append([]string{}, command...)
	slow := script(t, `text=$(cat); case "$text" in one) exec `+command[0]+` "$1" "$2" </dev/null;; esac; sleep 60`+"\n")
	e := open(t, slow, t.TempDir(), 1<<20)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := e.Speak(ctx, "two", "", ""); err == nil || time.Since(began) > 5*time.Second {
		t.Errorf("got %v after %v, want an error with the end of the context", err, time.Since(began))
	}
}

func TestEspeak(t *testing.T) {
	path, err := exec.LookPath("espeak-ng")
	if err != nil {
		t.Skip("espeak-ng is not installed: apt-get install espeak-ng")
	}
	e := open(t, speech.Espeak(path), t.TempDir(), 1<<20)
	for _, language := range []string{"en-us", "de-de", "fr", "xx-none"} {
		s, err := e.Speak(t.Context(), "Welcome. You pressed 5.", "female", language)
		if err != nil {
			t.Errorf("%s: got error %v, want it spoken", language, err)
			continue
		}
		samples := play(t, s)
		sum := 0.0
		for _, x := range samples {
			sum += float64(x) * float64(x)
		}
		if rms := math.Sqrt(sum/float64(len(samples))) / math.MaxInt16; rms < 0.02 || len(samples) < media.SampleRate {
			t.Errorf("%s: %d samples with RMS %.3f, want speech", language, len(samples), rms)
		}
	}
}
