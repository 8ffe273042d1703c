package webmedia

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"callfn/internal/filecache"
	"callfn/internal/guardedhttp"
	"callfn/internal/media"
)

// errNotKept says that there is no room for the copy from which a file is played, or no right to write it.
var errNotKept = errors.New("it cannot be kept on disk here, the log says why")

// fetch stores the file at an address in place of its copy, once it is seen to be a sound file.
func (l *Library) fetch(key, address string) error {
	err := l.copies.Put(key, func(f *os.File) (time.Time, error) { return l.download(address, f) })
	switch {
	case errors.Is(err, filecache.ErrFull):
		l.log.Warn("no room for a sound file beside those that are being played: raise --media-copies-mib")
		return errNotKept
	case isLocal(err):
		l.log.Error("cannot keep a sound file", "error", err)
		return errNotKept
	}
	return err
}

// download writes the file at an address into f, and tells from when it counts.
func (l *Library) download(address string, f *os.File) (time.Time, error) {
	answer, err := l.client.Download(l.stop, guardedhttp.Request{Method: http.MethodGet, URL: address}, f)
	switch {
	case isLocal(err):
		return time.Time{}, err
	case err != nil:
		return time.Time{}, guardedhttp.Explain(l.stop, address, err)
	case answer.Status != http.StatusOK:
		return time.Time{}, fmt.Errorf("its server answers %d", answer.Status)
	case strings.HasPrefix(strings.ToLower(answer.ContentType), "text/"), !plays(f, extension(address)):
		return time.Time{}, errUnplayable
	}
	if onlyOnce(answer.CacheControl) {
		return time.Unix(0, 0), nil // too old for whoever asks later
	}
	return l.now(), nil
}

// isLocal reports whether an error is of this machine's disk.
func isLocal(err error) bool {
	var file *fs.PathError
	var files *os.LinkError
	return errors.As(err, &file) || errors.As(err, &files)
}

// plays reports whether a file begins like one that can be played.
func plays(f *os.File, extension string) bool {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return false
	}
	src, err := media.Decode(io.NopCloser(f), extension)
	if err != nil {
		return false
	}
	n, err := src.Read(make([]int16, media.FrameSamples))
	return n > 0 && (err == nil || err == io.EOF)
}

// onlyOnce reports whether a server wants what it gives not to be kept (RFC 9111 section 5.2.2).
func onlyOnce(cacheControl string) bool {
	for directive := range strings.SplitSeq(strings.ToLower(cacheControl), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		seconds, err := strconv.Atoi(strings.Trim(value, `"`))
		if name == "no-store" || name == "no-cache" || name == "max-age" && err == nil && seconds <= 0 {
			return true
		}
	}
	return false
}
