package speech

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"callfn/internal/filecache"
	"callfn/internal/media"
)

// defaultLanguage is spoken where nothing speaks another.
const defaultLanguage = "en-us"

// ErrText says that a text cannot be spoken.
var ErrText = errors.New("the text cannot be spoken")

// Speak returns the speech of a text, of at most LongestText bytes. It returns when the first sentence is rendered; the
// others are while it plays, and what is late is silence until it comes. voice is female or male, else female;
// language is such as en-us, or the nearest that the engine has. Rendering ends with ctx.
func (e *Engine) Speak(ctx context.Context, text, voice, language string) (media.Source, error) {
	if len(text) > LongestText {
		return nil, fmt.Errorf("%w: %d bytes, want no more than %d", ErrText, len(text), LongestText)
	}
	parts := sentences(text)
	if len(parts) == 0 {
		return nil, fmt.Errorf("%w: it has no words", ErrText)
	}
	voice, language = e.voice(voice), e.language(language)
	first, err := e.sentence(ctx, parts[0], voice, language)
	if err != nil {
		return nil, err
	}
	s := &spoken{now: first, more: make(chan rendered, 1)}
	if len(parts) == 1 {
		close(s.more)
		return s, nil
	}
	ctx, s.cancel = context.WithCancel(ctx)
	go func() {
		defer close(s.more)
		for _, part := range parts[1:] {
			samples, err := e.sentence(ctx, part, voice, language)
			select {
			case s.more <- rendered{samples, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return s, nil
}

// sentence is the speech of one sentence: from the cache, else rendered and kept.
func (e *Engine) sentence(ctx context.Context, text, voice, language string) ([]int16, error) {
	key := filecache.Key(strings.Join(e.command, "\x00"), voice, language, text)
	return e.cache.get(ctx, key, func() ([]int16, error) { return e.render(ctx, text, voice, language) })
}

// voice is one that there is.
func (e *Engine) voice(name string) string {
	if strings.EqualFold(name, "male") {
		return "male"
	}
	return "female"
}

// language is the nearest to the one wanted that the engine has.
func (e *Engine) language(wanted string) string {
	wanted = strings.ToLower(strings.ReplaceAll(wanted, "_", "-"))
	for name := wanted; validWord(name); {
		if e.known == nil || e.known[name] {
			return name
		}
		i := strings.LastIndex(name, "-")
		if i < 0 {
			break
		}
		name = name[:i]
	}
	return defaultLanguage
}

// validWord reports whether a word may stand in the command: a language's letters, digits and dashes, no option.
func validWord(word string) bool {
	if len(word) < 2 || len(word) > 32 || word[0] == '-' {
		return false
	}
	return strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
}

type rendered struct {
	samples []int16
	err     error
}

// spoken is a Source of sentences, some of which are still being rendered.
type spoken struct {
	now    []int16
	more   chan rendered
	cancel context.CancelFunc // of the rendering; nil for none
}

// Read implements media.Source. It never waits: silence stands in for a sentence that is not there yet.
func (s *spoken) Read(f []int16) (int, error) {
	if len(s.now) == 0 {
		select {
		case next, ok := <-s.more:
			if !ok {
				return 0, io.EOF
			}
			if next.err != nil {
				return 0, next.err
			}
			s.now = next.samples
		default:
			clear(f)
			return len(f), nil
		}
	}
	n := copy(f, s.now)
	s.now = s.now[n:]
	return n, nil
}

// Close implements io.Closer.
func (s *spoken) Close() error {
	if s.cancel != nil {
		s.cancel()
	}
	return nil
}
