package recording

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"callfn/internal/account"
)

// ErrNoRoom says that an account's quota is used up.
var ErrNoRoom = errors.New("the account's recordings have used up their quota")

// ErrNotFound says that an account has no such recording.
var ErrNotFound = errors.New("no such recording")

// Config is what a Store needs.
type Config struct {
	Dir       string        // made with mode 0700
	Quota     int64         // bytes an account may have; 0 for any number
	Retention time.Duration // how long recordings are kept; 0 for ever
	Now       func() time.Time
	Random    io.Reader // for ids
}

// Store is the recordings of all accounts. It is safe for concurrent use; one process has it at a time.
type Store struct {
	cfg Config

	mu   sync.Mutex
	used map[account.ID]int64
}

// Info describes a recording.
type Info struct {
	ID       string        `json:"id"`
	Account  account.ID    `json:"account_id"`
	CallID   string        `json:"call_id"`
	Name     string        `json:"media_name,omitempty"`
	From     string        `json:"from,omitempty"`
	To       string        `json:"to,omitempty"`
	Start    time.Time     `json:"start"`
	Duration time.Duration `json:"-"`
	Length   int64         `json:"duration_ms"`
	Bytes    int64         `json:"size"` // of the WAV file
}

// The files of a recording: <id>.wav and <id>.json; <id>.part while it is under way.
const (
	audioFile = ".wav"
	infoFile  = ".json"
	partFile  = ".part"
)

// Open opens the store. Recordings that a crash cut off were told to nobody, and are removed.
func Open(cfg Config) (*Store, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the directory for recordings: %w", err)
	}
	s := &Store{cfg: cfg, used: map[account.ID]int64{}}
	accounts, err := os.ReadDir(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("read the directory for recordings: %w", err)
	}
	for _, a := range accounts {
		if !a.IsDir() || !validID(a.Name()) {
			continue
		}
		files, err := os.ReadDir(filepath.Join(cfg.Dir, a.Name()))
		if err != nil {
			return nil, fmt.Errorf("read an account's recordings: %w", err)
		}
		for _, f := range files {
			info, err := f.Info()
			if err != nil {
				continue
			}
			path := filepath.Join(cfg.Dir, a.Name(), f.Name())
			switch filepath.Ext(f.Name()) {
			case partFile:
				err = os.Remove(path)
			case audioFile:
				if _, missing := os.Stat(strings.TrimSuffix(path, audioFile) + infoFile); missing != nil {
					err = os.Remove(path)
				} else {
					s.used[account.ID(a.Name())] += info.Size()
				}
			}
			if err != nil {
				return nil, fmt.Errorf("tidy an account's recordings: %w", err)
			}
		}
	}
	return s, nil
}

// validID reports whether a name is 32 lower-case hex digits, as ids of accounts and recordings are.
func validID(name string) bool {
	_, err := hex.DecodeString(name)
	return len(name) == 32 && err == nil && strings.ToLower(name) == name
}

// List gives an account's recordings, the latest first.
func (s *Store) List(id account.ID) ([]Info, error) {
	if !validID(string(id)) {
		return nil, nil
	}
	files, err := os.ReadDir(s.dir(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list recordings: %w", err)
	}
	var list []Info
	for _, f := range files {
		name, ok := strings.CutSuffix(f.Name(), infoFile)
		if !ok {
			continue
		}
		info, err := s.Get(id, name)
		if errors.Is(err, ErrNotFound) {
			continue // deleted since
		}
		if err != nil {
			return nil, err
		}
		list = append(list, info)
	}
	slices.SortFunc(list, func(a, b Info) int { return cmp.Or(b.Start.Compare(a.Start), cmp.Compare(a.ID, b.ID)) })
	return list, nil
}

// Get describes one recording. ErrNotFound where the account has none of that id.
func (s *Store) Get(id account.ID, recording string) (Info, error) {
	if !validID(string(id)) || !validID(recording) {
		return Info{}, ErrNotFound
	}
	text, err := os.ReadFile(filepath.Join(s.dir(id), recording+infoFile))
	if errors.Is(err, fs.ErrNotExist) {
		return Info{}, ErrNotFound
	}
	var info Info
	if err == nil {
		err = json.Unmarshal(text, &info)
	}
	if err != nil {
		return Info{}, fmt.Errorf("read recording %s: %w", recording, err)
	}
	info.Duration = time.Duration(info.Length) * time.Millisecond
	return info, nil
}

// Audio opens the WAV file of a recording. ErrNotFound where the account has none of that id.
func (s *Store) Audio(id account.ID, recording string) (*os.File, error) {
	if _, err := s.Get(id, recording); err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(s.dir(id), recording+audioFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	return f, err
}

// Delete removes a recording. ErrNotFound where the account has none of that id.
func (s *Store) Delete(id account.ID, recording string) error {
	info, err := s.Get(id, recording)
	if err != nil {
		return err
	}
	base := filepath.Join(s.dir(id), recording)
	if err := errors.Join(os.Remove(base+infoFile), os.Remove(base+audioFile)); err != nil {
		return fmt.Errorf("delete recording %s: %w", recording, err)
	}
	s.free(id, info.Bytes)
	return nil
}

// DeleteAccount removes all recordings of an account.
func (s *Store) DeleteAccount(id account.ID) error {
	if !validID(string(id)) {
		return nil
	}
	if err := os.RemoveAll(s.dir(id)); err != nil {
		return fmt.Errorf("delete an account's recordings: %w", err)
	}
	s.mu.Lock()
	delete(s.used, id)
	s.mu.Unlock()
	return nil
}

// Expire removes recordings that are older than the retention, and says how many.
func (s *Store) Expire() (int, error) {
	if s.cfg.Retention <= 0 {
		return 0, nil
	}
	accounts, err := os.ReadDir(s.cfg.Dir)
	if err != nil {
		return 0, err
	}
	oldest, removed := s.cfg.Now().Add(-s.cfg.Retention), 0
	for _, a := range accounts {
		list, err := s.List(account.ID(a.Name()))
		if err != nil {
			return removed, err
		}
		for _, info := range list {
			if !info.Start.Before(oldest) {
				continue
			}
			if err := s.Delete(info.Account, info.ID); err != nil && !errors.Is(err, ErrNotFound) {
				return removed, err
			}
			removed++
		}
	}
	return removed, nil
}

func (s *Store) dir(id account.ID) string { return filepath.Join(s.cfg.Dir, string(id)) }

// reserve takes bytes of an account's quota; false where there are no more.
func (s *Store) reserve(id account.ID, bytes int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cfg.Quota > 0 && s.used[id]+bytes > s.cfg.Quota {
		return false
	}
	s.used[id] += bytes
	return true
}

func (s *Store) free(id account.ID, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used[id] -= bytes; s.used[id] <= 0 {
		delete(s.used, id)
	}
}
