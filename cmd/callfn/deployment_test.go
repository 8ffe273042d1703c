package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	composecli "github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// compose loads compose files of the repository as docker compose does.
func compose(t *testing.T, files ...string) *types.Project {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range files {
		files[i] = filepath.Join(root, f)
	}
	o, err := composecli.NewProjectOptions(files, composecli.WithWorkingDirectory(root))
	if err != nil {
		t.Fatal(err)
	}
	p, err := o.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func networks(s types.ServiceConfig) []string {
	return slices.Sorted(slices.Values(s.NetworksByPriority()))
}

// The compose file has the production shape: who can reach whom, what is checked, kept and secret.
func TestCompose(t *testing.T) {
	p := compose(t, "docker-compose.yml")
	want := map[string][]string{
		"couchdb": {"main"}, "functions": {"functions"}, "setup": {"functions", "main"}, "callfn": {
			"edge", "functions",
			"main",
		},
	}
	if len(p.Services) != len(want) {
		t.Errorf("got the services %v, want %d", p.ServiceNames(), len(want))
	}
	for name, nets := range want {
		s, err := p.GetService(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := networks(s); !slices.Equal(got, nets) {
			t.Errorf("%s is on networks %v, want %v", name, got, nets)
		}
		if name != "callfn" && len(s.Ports) > 0 {
			t.Errorf("%s: got ports open to the outside, want none", name)
		}
		if name != "setup" && (s.HealthCheck == nil || len(s.HealthCheck.Test) == 0) {
			t.Errorf("%s: got no health check, want one", name)
		}
		if name != "setup" && s.Restart != "unless-stopped" {
			t.Errorf("%s: got no restart policy, want it restarted", name)
		}
		if strings.HasSuffix(s.Image, ":latest") || !strings.Contains(s.Image, ":") {
			t.Errorf("%s: got image %s, want a pinned version", name, s.Image)
		}
		if name != "setup" && len(s.Volumes) == 0 {
			t.Errorf("%s: got no volume, want its data kept", name)
		}
		for key, value := range s.Environment {
			if value == nil || strings.Contains(strings.ToLower(key), "password") && !strings.HasPrefix(*value,
				"/run/secrets/") {
				t.Errorf("%s: got the secret %s in the environment, want it in a file", name, key)
			}
		}
		if text := strings.Join(s.Command, " ") + strings.Join(s.Entrypoint, " "); strings.Contains(text, "--eval") {
			t.Errorf("%s: got --eval in its configuration, want none", name)
		}
	}
	for _, name := range []string{"main", "functions"} {
		if !p.Networks[name].Internal {
			t.Errorf("network %s: got a way outside, want it internal", name)
		}
	}
	for name, s := range p.Secrets {
		if s.File == "" {
			t.Errorf("secret %s: got no file, want one", name)
		}
	}
	functions, _ := p.GetService("functions")
	if v := functions.Environment["COUCHDB_QUERY_SERVER_CALLFN"]; v == nil || *v != "/usr/local/bin/callfn queryserver" {
		t.Error("got a functions CouchDB without callfn's query server, want it registered")
	}
	callfn, _ := p.GetService("callfn")
	if !callfn.ReadOnly || !slices.Contains(callfn.CapDrop, "ALL") {
		t.Error("got a container with more rights than callfn needs, want none")
	}
	if d := callfn.DependsOn["setup"]; d.Condition != types.ServiceConditionCompletedSuccessfully {
		t.Error("got a callfn that starts before the setup, want it to wait")
	}
}

// The variant with eval differs only in that.
func TestComposeEval(t *testing.T) {
	p := compose(t, "docker-compose.yml", "docs/docker-compose.eval.yml")
	functions, err := p.GetService("functions")
	if err != nil {
		t.Fatal(err)
	}
	js, callfn := functions.Environment["COUCHDB_QUERY_SERVER_JAVASCRIPT"],
		functions.Environment["COUCHDB_QUERY_SERVER_CALLFN"]
	if js == nil || !strings.Contains(*js, "couchjs --eval ") || callfn != nil || functions.Build != nil ||
		functions.Image != "couchdb:3.4.3" {
		t.Errorf("functions: got %v %v %v %s, want couchjs with --eval on CouchDB's own image", js, callfn, functions.Build,
			functions.Image)
	}
	if got := networks(functions); !slices.Equal(got, []string{"functions"}) {
		t.Errorf("functions: got the networks %v, want functions alone", got)
	}
	main, _ := p.GetService("couchdb")
	if main.Environment["COUCHDB_QUERY_SERVER_JAVASCRIPT"] != nil {
		t.Error("got --eval in the main CouchDB, want none")
	}
	for _, name := range []string{"setup", "callfn"} {
		s, _ := p.GetService(name)
		if v := s.Environment["CALLFN_FUNCTIONS_LANGUAGE"]; v == nil || *v != "javascript" {
			t.Errorf("%s: got language %v, want javascript", name, v)
		}
	}
}

// callfn knows every setting in the compose file and the units.
func TestDeploymentSettingsExist(t *testing.T) {
	var c cli
	parser, err := kong.New(&c, kong.DefaultEnvars("CALLFN"), kong.Bind(environment{}))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"CALLFN_MASTER_API_KEY": true, "CALLFN_COUCH_PASSWORD": true}
	_ = kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		if f, ok := node.(*kong.Flag); ok {
			for _, e := range f.Envs {
				known[e] = true
			}
		}
		return next(nil)
	})
	p := compose(t, "docker-compose.yml", "docs/docker-compose.eval.yml")
	for name, s := range p.Services {
		for key := range s.Environment {
			if strings.HasPrefix(key, "CALLFN_") && !known[key] {
				t.Errorf("%s: got %s, want a setting that callfn has", name, key)
			}
		}
		if name == "setup" {
			if _, err := parser.Parse(s.Command); err != nil {
				t.Errorf("setup: got %v, want no error", err)
			}
		}
	}
	for _, file := range []string{"docs/callfn.service", "docs/operations.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range strings.FieldsFunc(string(text), func(r rune) bool {
			return !(r == '_' || r >= 'A' &&
				r <= 'Z')
		}) {
			if strings.HasPrefix(word, "CALLFN_") && !known[word] {
				t.Errorf("%s: got %s, want a setting that callfn has", file, word)
			}
		}
	}
}

// The image is a static binary that does not run as root. Its last stage is the service.
func TestDockerfile(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	stages := strings.Split(string(text), "\nFROM ")
	last := stages[len(stages)-1]
	for _, want := range []string{
		"distroless/static", "nonroot", "USER 65532:65532", "HEALTHCHECK",
		`ENTRYPOINT ["/usr/local/bin/callfn"]`,
	} {
		if !strings.Contains(last, want) {
			t.Errorf("the last stage lacks %s", want)
		}
	}
	if !strings.Contains(string(text), "CGO_ENABLED=0") {
		t.Error("got a binary with a dynamic linker, want a static one")
	}
}
