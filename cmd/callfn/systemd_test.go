package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// unit is systemd's view of a unit file and its drop-ins, as far as starting a process needs it.
type unit struct {
	exec        []string
	environment []string
	credentials map[string]string // name: file on the host
}

// readUnit reads [Service] sections; later files add to earlier ones. It keeps specifiers.
func readUnit(t *testing.T, files ...string) unit {
	t.Helper()
	u := unit{credentials: map[string]string{}}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", file))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
			switch {
			case !ok || strings.HasPrefix(line, "#"):
			case name == "ExecStart":
				u.exec = strings.Fields(value)
			case name == "Environment":
				u.environment = append(u.environment, value)
			case name == "LoadCredential":
				id, source, _ := strings.Cut(value, ":")
				u.credentials[id] = source
			}
		}
	}
	return u
}

// startUnit runs this test binary as the unit's ExecStart, in the unit's environment, except for where it may write and
// listen.
func startUnit(t *testing.T, u unit, more ...string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	credentials := t.TempDir()
	for id := range u.credentials {
		if err := os.WriteFile(filepath.Join(credentials, id), []byte("secret\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(self, u.exec[1:]...)
	cmd.Env = append([]string{childEnv + "=self"}, more...)
	data := t.TempDir()
	for _, e := range u.environment {
		e = strings.ReplaceAll(e, "%d", credentials)
		cmd.Env = append(cmd.Env, strings.ReplaceAll(e, "/var/lib/callfn", data))
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); _ = cmd.Wait() })
	watchdog := time.AfterFunc(time.Minute, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	t.Cleanup(func() { watchdog.Stop() })
	return cmd, bufio.NewScanner(stderr)
}

// The unit by itself starts the embedded node, without a CouchDB. A hangup stops it as gracefully as TERM does.
func TestUnitStartsTheEmbeddedNode(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(signal.String(), func(t *testing.T) {
			cmd, lines := startUnit(t, readUnit(t, "callfn.service"), "CALLFN_LISTEN=127.0.0.1:0")
			var log bytes.Buffer
			var ready, stopping bool
			for lines.Scan() {
				log.Write(append(lines.Bytes(), '\n'))
				var event struct{ Msg, Documents string }
				if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
					t.Errorf("a line of the log is no JSON: got %s, want no error", lines.Text())
				}
				switch {
				case strings.HasPrefix(event.Msg, "callfn is ready"):
					ready = true
					_ = cmd.Process.Signal(signal)
				case strings.HasPrefix(event.Msg, "stopping"):
					stopping = true
				}
			}
			if err := cmd.Wait(); err != nil || !ready || !stopping {
				t.Errorf("ended with %v, was ready: %v, said that it stops: %v; want exit code 0 and both\n%s", err, ready,
					stopping, &log)
			}
		})
	}
}

// With the drop-in the same unit uses CouchDB: settings and password are read, and it fails because nobody answers.
func TestUnitWithCouchDB(t *testing.T) {
	u := readUnit(t, "callfn.service", "callfn-couchdb.conf")
	for i, e := range u.environment {
		u.environment[i] = strings.ReplaceAll(e, "127.0.0.1:5984", "127.0.0.1:1") // an address where nobody listens
	}
	cmd, lines := startUnit(t, u, "CALLFN_LISTEN=127.0.0.1:0", "CALLFN_COUCHDB_WAIT=1ms")
	var text strings.Builder
	for lines.Scan() {
		text.WriteString(lines.Text() + "\n")
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code == exitUsage || code == exitOK || !strings.Contains(text.String(),
		"127.0.0.1:1") {
		t.Errorf("exit code %d; want 1, because no CouchDB answers at 127.0.0.1:1\n%s", code, text.String())
	}
}

// systemd accepts the unit.
func TestUnitIsValid(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not here: install systemd and run the test again")
	}
	dir := t.TempDir()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "callfn.service"))
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// systemd-analyze checks that the program exists.
	text = bytes.ReplaceAll(text, []byte("/usr/local/bin/callfn"), []byte(self))
	file := filepath.Join(dir, "callfn.service")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(file+".d", 0o755); err != nil {
		t.Fatal(err)
	}
	dropIn, err := os.ReadFile(filepath.Join("..", "..", "docs", "callfn-couchdb.conf"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(file+".d", "couchdb.conf"), dropIn, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(analyze, "verify", "--man=no", file).CombinedOutput()
	if err != nil || bytes.Contains(out, []byte("callfn")) {
		t.Errorf("systemd-analyze verify: got %v, want nothing to complain of\n%s", err, out)
	}
}
