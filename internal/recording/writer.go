package recording

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"callfn/callflow"
	"callfn/internal/media"
	"callfn/internal/voice"
)

// Create implements voice.Recordings: it begins a recording of a call.
func (s *Store) Create(call *callflow.Call, name string) (voice.Recording, error) {
	var raw [16]byte
	if _, err := io.ReadFull(s.cfg.Random, raw[:]); err != nil {
		return nil, fmt.Errorf("make a recording's id: %w", err)
	}
	if !validID(string(call.Account)) {
		return nil, fmt.Errorf("record call %s: it is no account's", call.ID)
	}
	w := &writer{store: s, info: Info{
		ID: hex.EncodeToString(raw[:]), Account: call.Account, CallID: call.ID, Name: name, From: call.CallerIDNumber,
		To: call.Request.User, Start: s.cfg.Now().UTC(),
	}}
	if !s.reserve(call.Account, media.WAVHeaderSize) {
		return nil, ErrNoRoom
	}
	w.info.Bytes = media.WAVHeaderSize
	if err := w.open(); err != nil {
		s.free(call.Account, w.info.Bytes)
		return nil, fmt.Errorf("begin a recording: %w", err)
	}
	return w, nil
}

// writer is one recording under way.
type writer struct {
	store   *Store
	info    Info
	samples int
	file    *os.File
	buffer  *bufio.Writer
}

func (w *writer) path(extension string) string {
	return filepath.Join(w.store.dir(w.info.Account), w.info.ID+extension)
}

func (w *writer) open() error {
	if err := os.MkdirAll(w.store.dir(w.info.Account), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(w.path(partFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	w.file, w.buffer = f, bufio.NewWriterSize(f, 16<<10)
	_, err = w.buffer.Write(media.WAVHeader(0))
	return err
}

// Write implements media.Recorder.
func (w *writer) Write(samples []int16) error {
	size := int64(2 * len(samples))
	if !w.store.reserve(w.info.Account, size) {
		return ErrNoRoom
	}
	w.info.Bytes += size
	if _, err := w.buffer.Write(media.AppendPCM(nil, samples)); err != nil {
		return fmt.Errorf("write a recording: %w", err)
	}
	w.samples += len(samples)
	return nil
}

// Keep implements voice.Recording. The audio is on disk before the document that makes it a recording, and both before
// Keep returns.
func (w *writer) Keep() error {
	if err := w.keep(); err != nil {
		return errors.Join(fmt.Errorf("keep a recording: %w", err), w.Drop())
	}
	return nil
}

func (w *writer) keep() error {
	w.info.Duration = media.Duration(w.samples)
	w.info.Length = w.info.Duration.Milliseconds()
	if err := w.buffer.Flush(); err != nil {
		return err
	}
	if _, err := w.file.WriteAt(media.WAVHeader(w.samples), 0); err != nil {
		return err
	}
	if err := w.file.Sync(); err != nil {
		return err
	}
	if err := w.file.Close(); err != nil {
		return err
	}
	if err := os.Rename(w.path(partFile), w.path(audioFile)); err != nil {
		return err
	}
	text, err := json.Marshal(w.info)
	if err != nil {
		return err
	}
	if err := writeSynced(w.path(infoFile), append(text, '\n')); err != nil {
		return err
	}
	// The account's directory may be new, too.
	return errors.Join(syncDir(filepath.Dir(w.path(""))), syncDir(w.store.cfg.Dir))
}

// writeSynced writes a file that is either whole or not there, also after a crash.
func writeSynced(path string, text []byte) error {
	f, err := os.OpenFile(path+partFile, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+partFile, path)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Drop implements voice.Recording.
func (w *writer) Drop() error {
	_ = w.file.Close() // it may be closed already
	var errs []error
	for _, extension := range []string{partFile, audioFile, infoFile, infoFile + partFile} {
		if err := os.Remove(w.path(extension)); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	w.store.free(w.info.Account, w.info.Bytes)
	return errors.Join(errs...)
}
