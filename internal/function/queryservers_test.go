package function_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"callfn/couchapp"
	"callfn/internal/function"
	"callfn/internal/function/hostiletest"
	"callfn/internal/function/runnertest"
	"callfn/internal/queryclient"
)

// queryServers starts query server processes of a command.
func queryServers(t *testing.T, command string) function.QueryServers {
	t.Helper()
	d, err := couchapp.Assemble("functions", couchapp.JavaScript)
	if err != nil {
		t.Fatal(err)
	}
	design, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := queryclient.New(queryclient.Config{
		Command: command, Design: design, ID: d.ID, Warm: "wh", Processes: 1, MaxAnswer: function.MaxAnswer(256 << 10),
		Memory: 512 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return function.QueryServers{Pool: pool, Name: command, Zones: &function.ZoneTables{}}
}

// ourQueryServer is `callfn queryserver` as somebody else's command.
func ourQueryServer(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := self + " serve-lines"
	if worker := os.Getenv("CALLFN_TEST_WORKER"); worker != "" {
		command = "env CALLFN_TEST_WORKER=" + worker + " " + command
	}
	return command
}

func TestDirectOnOurQueryServer(t *testing.T) {
	engine := queryServers(t, ourQueryServer(t))
	runnertest.Run(t, direct(t, engine))
}

// couchjs is a stock couchjs as CouchDB starts it, and its engine; or the test is skipped.
func couchjs(t *testing.T) (command, engine string) {
	t.Helper()
	command = os.Getenv("CALLFN_TEST_COUCHJS")
	if command == "" {
		t.Skip("no couchjs: set CALLFN_TEST_COUCHJS='/opt/couchdb/bin/couchjs --eval /opt/couchdb/share/server/main.js', " +
			"or to CouchDB's couchjs_mainjs, to run this there")
	}
	if strings.Contains(command, "mainjs") {
		return command, "quickjs"
	}
	return command, "spidermonkey"
}

func TestDirectOnCouchjs(t *testing.T) {
	command, engine := couchjs(t)
	p := direct(t, queryServers(t, command))
	p.NoLogs, p.NoHints, p.Differs, p.May = true, true, differsOnCouchjs[engine], mayDifferOnCouchjs
	runnertest.Run(t, p)
}

func TestHostileDirectOnCouchjs(t *testing.T) {
	command, engine := couchjs(t)
	hostiletest.Run(t, func(t *testing.T) hostiletest.Place {
		p := direct(t, queryServers(t, command))
		return hostiletest.Place{Driver: p.Driver, Store: p.Store, Known: engine, Apart: true, Late: late}
	})
}
