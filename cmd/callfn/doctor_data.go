package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"callfn/callflow"
	"callfn/internal/auth"
	"callfn/internal/couchnode"
	"callfn/internal/datastore"
	"callfn/internal/doctor"
	"callfn/internal/keyfile"
	"callfn/internal/queryserver"
	"callfn/internal/sandbox"
	"callfn/internal/secret"
	"callfn/internal/service"
	"callfn/internal/storageplan"
	"callfn/internal/version"
)

// Free space on the disk of the data directory, in bytes: below the first, the doctor warns; below the second, nothing
// can be stored.
const (
	littleRoom = 256 << 20
	noRoom     = 4 << 20
)

// dataExam examines a data directory with the embedded node, and how this machine confines functions. It changes
// nothing.
type dataExam struct {
	dir      string
	secret   string // --secret-key-file
	findings []doctor.Finding
	now      time.Time
}

func (x *dataExam) add(check string, status doctor.Status, fix, format string, args ...any) {
	x.findings = append(x.findings, doctor.Finding{
		Site: "embedded node in " + x.dir, Check: check, Status: status, Says: fmt.Sprintf(format, args...), Fix: fix,
	})
}

// examineData examines the embedded node and every CouchDB that a storage plan in it names.
func (c doctorCommand) examineData(ctx context.Context, env environment, base doctor.Examination,
	log *slog.Logger,
) ([]doctor.Finding, error) {
	x := &dataExam{dir: c.Data, secret: c.SecretKeyFile, now: time.Now()}
	info, err := os.Stat(c.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, usageError{errorf("there is no data directory %s: name the one that serve has with --data, or a "+
			"CouchDB with --couchdb-url", c.Data)}
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, usageError{errorf("--data %s is no directory", c.Data)}
	}
	x.add("version", doctor.OK, "", "callfn %s", version.String())
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		x.add("data directory", doctor.Change, "chmod 700 "+c.Data, "others on this machine may look into it (mode %04o)",
			mode)
	} else {
		x.add("data directory", doctor.OK, "", "only its owner may look into it")
	}
	x.speech(ctx)
	x.keys()
	var elsewhere []doctor.Finding
	x.documents(ctx, func(main datastore.Single) {
		var err error
		elsewhere, err = c.examinePlan(ctx, storageplan.Config{Main: main}, base, log, func(*storageplan.Resolver) {})
		if err != nil {
			x.add("storage plan", doctor.Broken, "", "%v", err)
		}
	})
	x.keyValues()
	x.room()
	x.confinement(env, log)
	return append(x.findings, elsewhere...), nil
}

// keys examines the files with secrets.
func (x *dataExam) keys() {
	secret := secretFile(x.secret, x.dir)
	if _, err := readSecret(x.secret, x.dir); err != nil {
		x.add("secret key", doctor.Broken, "put it back from a backup: without it nobody can log in with a signed token, "+
			"and sealed passwords stay closed", "%v", err)
	}
	for _, file := range []string{secret, filepath.Join(x.dir, service.MasterKeyFile)} {
		info, err := os.Stat(file)
		if err != nil {
			continue // the secret was examined above, and the master key may be elsewhere
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			x.add("key files", doctor.Change, "chmod 600 "+file, "others on this machine may read %s (mode %04o)", file, mode)
		} else {
			x.add("key files", doctor.OK, "", "%s is its owner's alone", file)
		}
	}
}

// documents opens the node's file, unless a service has it open, and reads all of it. plan examines further if the file
// is whole.
func (x *dataExam) documents(ctx context.Context, plan func(main datastore.Single)) {
	const check = "documents"
	file := filepath.Join(x.dir, "node.db")
	info, err := os.Stat(file)
	if err != nil || info.Size() == 0 {
		if err := service.CheckData(x.dir, slog.New(slog.DiscardHandler)); err != nil {
			x.add(check, doctor.Broken, "", "%v", err)
			return
		}
		x.add(check, doctor.Change, "start `callfn serve` with this directory", "nothing was ever stored here")
		return
	}
	if ahead := info.ModTime().Sub(x.now); ahead > time.Minute {
		x.add("clock", doctor.Change, "set this machine's clock", "it is %s behind the last write to node.db",
			ahead.Round(time.Second))
	} else {
		x.add("clock", doctor.OK, "", "%s", x.now.UTC().Format(time.RFC3339))
	}
	node, err := couchnode.Open(file, queryserver.Engine{}, couchnode.Options{LockTimeout: 200 * time.Millisecond})
	var damaged *couchnode.DamagedError
	switch {
	case errors.As(err, &damaged):
		x.add(check, doctor.Broken, "restore the data directory from a backup", "%v", err)
		return
	case err != nil && strings.Contains(err.Error(), "another process has this file open"):
		x.add(check, doctor.Unknown, "stop the service to have the whole file read; `callfn ready` asks it how it is",
			"a running service has node.db open (%s)", bytesText(info.Size()))
		x.add("storage plan", doctor.Unknown, "`callfn storage check` asks the service about the CouchDBs that a plan names",
			"whether there is one is in node.db")
		return
	case err != nil:
		x.add(check, doctor.Broken, "", "%v", err)
		return
	}
	defer func() { _ = node.Close() }()
	if err := node.Check(); err != nil {
		x.add(check, doctor.Broken, "restore the data directory from a backup", "%v", err)
		return
	}
	x.add(check, doctor.OK, "", "node.db is whole (%s)", bytesText(info.Size()))
	conn, err := datastore.Open(datastore.Config{URL: "http://embedded", Transport: node.Transport()})
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	main := datastore.Single{Connection: conn}
	x.opens(ctx, main)
	plan(main)
	lost := 0
	err = callflow.FindLostOrder(ctx, main, func(u callflow.Unordered) {
		for _, route := range u.Routes {
			lost++
			x.add("order of time rules", doctor.Change, route.Fix(), "account %s, callflow %s %q, %s: %s", u.Account, u.ID,
				u.Name, route.Place(), route.Says())
		}
	})
	if err == nil && lost == 0 {
		x.add("order of time rules", doctor.OK, "", "every temporal_route names its rules or has the order they were "+
			"written in")
	}
	for _, finding := range doctor.Numbers(ctx, main) {
		x.add("phone numbers", finding.Status, finding.Fix, "%s", finding.Says)
	}
}

// opens tries the secret on the signing keys. The service does not start with a secret that did not seal them.
func (x *dataExam) opens(ctx context.Context, main datastore.Single) {
	const check = "secret key"
	key, err := readSecret(x.secret, x.dir)
	lacking := errors.Is(err, fs.ErrNotExist)
	if err != nil && !lacking {
		return // keys reports it
	}
	found, err := auth.New(auth.Config{Datastores: main, Secret: key, Random: rand.Reader, Now: time.Now}).Load(ctx)
	switch {
	case errors.Is(err, auth.ErrWrongSecret) && lacking:
		return // keys reports it
	case errors.Is(err, auth.ErrWrongSecret):
		x.add(check, doctor.Broken, "", "%v", auth.ErrWrongSecret)
	case err != nil:
		x.add(check, doctor.Broken, "", "%v", err)
	case found:
		x.add(check, doctor.OK, "", "it opens the signing keys")
		x.secretsOpen(ctx, main, key)
	}
}

// secretsOpen tries the secret on the accounts' secrets. One that does not open fails the functions that use it.
func (x *dataExam) secretsOpen(ctx context.Context, main datastore.Single, key auth.Secret) {
	const check = "secrets"
	store := secret.Store{Datastores: main, Key: key, Random: rand.Reader, Now: time.Now}
	switch sealed, unreadable, err := store.Examine(ctx); {
	case err != nil:
		x.add(check, doctor.Broken, "", "%v", err)
	case unreadable > 0:
		x.add(check, doctor.Change, "have the accounts set them again: `callfn secrets set`", "%d of %d secrets of accounts "+
			"cannot be opened: functions that use them fail", unreadable, sealed)
	case sealed > 0:
		x.add(check, doctor.OK, "", "%d secrets of accounts can be opened", sealed)
	}
}

// room checks how much free space the disk has.
func (x *dataExam) room() {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(x.dir, &disk); err != nil {
		x.add("disk", doctor.Unknown, "", "%v", err)
		return
	}
	free := int64(disk.Bavail) * int64(disk.Bsize) //nolint:unconvert // the types differ between systems
	switch {
	case free < noRoom:
		x.add("disk", doctor.Broken, "make room", "%s are left: nothing can be stored; functions go on running",
			bytesText(free))
	case free < littleRoom:
		x.add("disk", doctor.Change, "make room", "only %s are left", bytesText(free))
	default:
		x.add("disk", doctor.OK, "", "%s are left", bytesText(free))
	}
}

// confinement starts a sandbox process and reports how it is confined.
func (x *dataExam) confinement(env environment, log *slog.Logger) {
	command, release, err := env.workerCommand()
	if err == nil {
		defer release()
		var pool *sandbox.Pool
		if pool, err = sandbox.NewPool(sandbox.Config{Command: command, Workers: 1, Log: log}); err == nil {
			held := pool.Confinement()
			pool.Close()
			if held.Full() {
				x.add("sandbox", doctor.OK, "", "processes that run functions are held in: %s", held)
			} else {
				x.add("sandbox", doctor.Change, "see docs/security.md for what each needs",
					"processes that run functions are held in: %s", held)
			}
			return
		}
	}
	x.add("sandbox", doctor.Broken, "", "a process that runs functions does not start: %v", err)
}

// bytesText formats a size for people.
func bytesText(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d KiB", n>>10)
}

// secretFile returns the file with the secret key: the one of the flag, else the one in the data directory.
func secretFile(named, dir string) string {
	if named != "" {
		return named
	}
	return filepath.Join(dir, service.SecretFile)
}

func readSecret(named, dir string) (auth.Secret, error) {
	return keyfile.ReadSecret(secretFile(named, dir))
}
