package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"callfn/internal/printable"
)

// profile is a stored login: a service and a token for it.
type profile struct {
	Server    string    `json:"server"`
	Token     string    `json:"token"`
	AccountID string    `json:"account_id"`
	Expires   time.Time `json:"expires"`
}

// live reports whether the token is valid for a while, as far as known here.
func (p profile) live() bool { return time.Now().Before(p.Expires) }

// defaultProfile is the login of a command without --profile.
const defaultProfile = "default"

// profiles are files of mode 0600 below $XDG_CONFIG_HOME or ~/.config, one per login.
type profiles struct {
	dir string // "" without a home directory
}

func newProfiles(getenv func(string) string) profiles {
	dir := getenv("XDG_CONFIG_HOME")
	if home := getenv("HOME"); !filepath.IsAbs(dir) && filepath.IsAbs(home) {
		dir = filepath.Join(home, ".config")
	}
	if !filepath.IsAbs(dir) {
		return profiles{}
	}
	return profiles{dir: filepath.Join(dir, "callfn", "profiles")}
}

var profileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

func (s profiles) check(name string) error {
	switch {
	case !profileName.MatchString(name):
		return usageError{errorf("--profile %s: want letters, digits and ._-, at most 64", printable.Text(name))}
	case s.dir == "":
		return usageError{errorf("no place to keep a login: HOME and XDG_CONFIG_HOME are not set")}
	}
	return nil
}

func (s profiles) file(name string) string { return filepath.Join(s.dir, name+".json") }

// has reports whether there is a login of that name.
func (s profiles) has(name string) bool {
	if s.check(name) != nil {
		return false
	}
	_, err := os.Lstat(s.file(name))
	return err == nil
}

// load reads a login. It refuses a file that others can read, since its token may be known to them.
func (s profiles) load(name string) (p profile, err error) {
	if err := s.check(name); err != nil {
		return p, err
	}
	file := s.file(name)
	info, err := os.Lstat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return p, usageError{errorf("no login is called %s: callfn login --profile %[1]s", name)}
	case err != nil:
		return p, err
	case !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0:
		return p, usageError{errorf("%s can be read by others: remove it, and log in again", file)}
	}
	text, err := readFile(environment{}, file, maxSettings)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(text, &p); err != nil || p.Server == "" || p.Token == "" || p.AccountID == "" {
		return p, usageError{errorf("%s is no login: remove it, and log in again", file)}
	}
	return p, nil
}

// save stores a login in place of the one of its name, and returns the file's name.
func (s profiles) save(name string, p profile) (string, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(s.dir, ".login-*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.Write(append(text, '\n'))
	if err := errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(f.Name())
		return "", err
	}
	return s.file(name), os.Rename(f.Name(), s.file(name))
}

func (s profiles) remove(name string) error { return os.Remove(s.file(name)) }
