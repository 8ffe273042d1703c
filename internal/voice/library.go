package voice

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"callfn/internal/media"
)

// Files is a Library of sound files in a directory, which nothing leads out of.
//
// A prompt ID in LANGUAGE is LANGUAGE/ID with an extension, such as en-us/menu-exit.wav, else en/us/ID as KAZOO's own
// sound files are laid out, else ID. Media of an account is ACCOUNT/ID; other names are paths.
type Files struct{ FS fs.FS }

// extensions are tried in this order where a name has none of them.
var extensions = []string{".wav", ".mp3", ".ul", ".ulaw", ".pcmu", ".al", ".alaw", ".pcma", ".sln", ".raw"}

// Open implements Library. silence_stream://MS is that much silence.
func (l Files) Open(name string) (media.Source, error) {
	if ms, ok := strings.CutPrefix(name, "silence_stream://"); ok {
		n, err := strconv.Atoi(ms)
		if err != nil || n < 0 || n > 3600_000 {
			return nil, fmt.Errorf("%s: want milliseconds of silence, at most an hour", name)
		}
		return media.Tones(media.Tone{On: time.Duration(n) * time.Millisecond}), nil
	}
	if strings.Contains(name, "://") && !strings.HasPrefix(name, "prompt://") {
		return nil, errors.New("media of this kind is not played: want an http or https address, or a file of --media")
	}
	for _, candidate := range candidates(name) {
		src, err := l.open(candidate)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return src, err
		}
	}
	return nil, fmt.Errorf("no sound file for it in the directory of --media: %w", fs.ErrNotExist)
}

// candidates are the paths that may hold media, without extensions.
func candidates(name string) []string {
	if id, language, ok := parsePrompt(name); ok {
		language = strings.ToLower(language)
		base, _, _ := strings.Cut(language, "-")
		return []string{
			path.Join(language, id), path.Join(strings.ReplaceAll(language, "-", "/"), id), path.Join(base, id), id,
		}
	}
	return []string{strings.TrimPrefix(path.Clean("/"+name), "/")}
}

func (l Files) open(name string) (media.Source, error) {
	if !fs.ValidPath(name) || name == "." {
		return nil, fs.ErrNotExist
	}
	tries := make([]string, 0, len(extensions)+1)
	tries = append(tries, name)
	for _, ext := range extensions {
		tries = append(tries, name+ext)
	}
	for _, try := range tries {
		f, err := l.FS.Open(try)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
			_ = f.Close()
			continue
		}
		return media.Decode(f, path.Ext(try))
	}
	return nil, fs.ErrNotExist
}
