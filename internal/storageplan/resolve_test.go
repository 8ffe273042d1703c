package storageplan_test

import (
	"encoding/json"
	"strings"
	"testing"

	"callfn/internal/datastore"
	"callfn/internal/storageplan"
)

const (
	first  = "0123456789abcdef0123456789abcdef"
	second = "abcdefghijklmnopqrstuvwxyz012345"
)

func plan(t testing.TB, text string) storageplan.Plan {
	t.Helper()
	var doc map[string]any
	text = strings.NewReplacer("FIRST", `"`+first+`"`, "SECOND", `"`+second+`"`).Replace(text)
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	p, err := storageplan.Decode(doc)
	if err != nil {
		t.Fatal(err)
	}
	return p.Over(storageplan.Default(false))
}

// kazooAggregates are KAZOO's aggregate databases (kzs_util:db_classification), with a type of their documents.
var kazooAggregates = map[string]string{
	"accounts": "account", "token_auth": "token_auth", "sip_auth": "device", "faxes": "fax", "acdc": "acdc_stat",
	"services":      "service",
	"port_requests": "port_request", "webhooks": "webhook", "functions": "function",
}

var callfnDatabases = map[string]string{
	datastore.Accounts: "account", datastore.Callflows: "callflow", datastore.Functions: "function",
	datastore.FunctionRuns: "function_run", datastore.SystemData: "storage",
}

// Databases that want does not name are local. Every database is resolved with its type, without, and with an unknown
// type.
func TestResolve(t *testing.T) {
	everyAggregate := map[string]storageplan.Tag{datastore.Callflows: first, datastore.FunctionRuns: first}
	for name := range kazooAggregates {
		everyAggregate[name] = first
	}
	functions := map[string]storageplan.Tag{datastore.Functions: first, datastore.FunctionRuns: first}
	for name, c := range map[string]struct {
		plan string
		want map[string]storageplan.Tag
		// typed is where documents of the database's type are, for KAZOO's databases that a plan separates by type.
		typed map[string]storageplan.Tag
	}{
		"nothing": {`{}`, nil, nil},
		"KAZOO's default": {`{"connections":{"local":{}},"plan":{"account":{"connection":"local"},` +
			`"modb":{"connection":"local"},"system":{"connection":"local"},"yodb":{"connection":"local"}}}`, nil, nil},
		"as documented": {`{"plan":{"aggregate":{"connection":FIRST,"database":{"names":["functions"]},` +
			`"types":{"function":{"connection":FIRST}}}}}`, functions, nil},
		"names, no types": {
			`{"plan":{"aggregate":{"connection":FIRST,"database":{"names":["functions"]}}}}`, functions,
			nil,
		},
		"names, types only": {`{"plan":{"aggregate":{"database":{"names":["functions"]},` +
			`"types":{"function":{"connection":FIRST}}}}}`, functions, nil},
		"types beat connection": {`{"plan":{"aggregate":{"connection":SECOND,"database":{"names":["functions"]},` +
			`"types":{"function":{"connection":FIRST}}}}}`, functions, nil},
		"names beat types": {`{"plan":{"aggregate":{"connection":FIRST,"database":{"names":["webhooks"]},` +
			`"types":{"function":{"connection":FIRST}}}}}`, map[string]storageplan.Tag{"webhooks": first}, nil},
		"no names":        {`{"plan":{"aggregate":{"connection":FIRST}}}`, everyAggregate, nil},
		"empty names":     {`{"plan":{"aggregate":{"connection":FIRST,"database":{"names":[]}}}}`, everyAggregate, nil},
		"types, no names": {`{"plan":{"aggregate":{"types":{"function":{"connection":FIRST}}}}}`, functions, nil},
		"a type of KAZOO's": {
			`{"plan":{"aggregate":{"types":{"webhook":{"connection":FIRST}}}}}`, nil,
			map[string]storageplan.Tag{"webhooks": first},
		},
		"type without place": {`{"plan":{"aggregate":{"connection":FIRST,"database":{"names":["functions"]},` +
			`"types":{"function":{}}}}}`, functions, nil},
		"runs elsewhere": {
			`{"plan":{"aggregate":{"connection":FIRST,"database":{"names":["functions",` +
				`"function_runs"]},"types":{"function_run":{"connection":SECOND}}}}}`,
			map[string]storageplan.Tag{datastore.Functions: first, datastore.FunctionRuns: second},
			nil,
		},
		"runs stay": {`{"plan":{"aggregate":{"connection":FIRST,"types":{"function_run":{"connection":"local"},` +
			`"account":{"connection":"local"},"callflow":{"connection":"local"}},"database":{"names":["functions",` +
			`"function_runs"]}}}}`, map[string]storageplan.Tag{datastore.Functions: first}, nil},
		"callflows": {
			`{"plan":{"aggregate":{"connection":FIRST,"database":{"names":["callflows"]}}}}`,
			map[string]storageplan.Tag{datastore.Callflows: first},
			nil,
		},
		"system by name": {`{"plan":{"system":{"types":{"functions":{"connection":FIRST},` +
			`"system_data":{"connection":FIRST},"services":{"connection":FIRST}}}}}`, functions, nil},
		"accounts' databases": {`{"plan":{"account":{"connection":FIRST},"modb":{"connection":FIRST},` +
			`"yodb":{"connection":FIRST}}}`, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := plan(t, c.plan)
			for _, list := range []map[string]string{kazooAggregates, callfnDatabases} {
				for database, docType := range list {
					want := storageplan.Local
					if tag, ok := c.want[database]; ok {
						want = tag
					}
					for _, asked := range []string{"", docType, "any"} {
						wanted := want
						if tag, ok := c.typed[database]; ok && asked == docType {
							wanted = tag
						}
						if got := storageplan.Resolve(p, database, asked); got != wanted {
							t.Errorf("%s of type %q: %s, want %s", database, asked, got, wanted)
						}
					}
				}
			}
		})
	}
}

func TestClassify(t *testing.T) {
	for database, want := range map[string]storageplan.Class{
		"functions": storageplan.Aggregate, "system_data": storageplan.System, "offnet": storageplan.System,
		"accounts": storageplan.Aggregate,
		"account/01/23/456789abcdef0123456789abcdef":            storageplan.Account,
		"account%2F01%2F23%2F456789abcdef0123456789abcdef":      storageplan.Account,
		"account/01/23/456789abcdef0123456789abcdef-202611":     storageplan.MODB,
		"account%2f01%2f23%2f456789abcdef0123456789abcdef-2026": storageplan.YODB,
		first + "-202611": storageplan.MODB,
		"account/01/23/456789abcdef0123456789abcdef-20261": storageplan.System,
	} {
		if got := storageplan.Classify(database); got != want {
			t.Errorf("%s: %s, want %s", database, got, want)
		}
	}
}

// For KAZOO's databases of accounts the rules of their classes apply.
func TestResolveClasses(t *testing.T) {
	p := plan(t, `{"plan":{"account":{"connection":FIRST},"modb":{"connection":FIRST,`+
		`"types":{"fax":{"connection":SECOND}}},"yodb":{"types":{"ledger":{"connection":SECOND}}},`+
		`"system":{"connection":SECOND}}}`)
	account := "account/01/23/456789abcdef0123456789abcdef"
	for _, c := range []struct {
		database, docType string
		want              storageplan.Tag
	}{
		{account, "", first},
		{account, "device", first},
		{account + "-202611", "", first},
		{account + "-202611", "fax", second},
		{account + "-202611", "cdr", first},
		{account + "-2026", "", storageplan.Local},
		{account + "-2026", "ledger", second},
		{"offnet", "", second},
		{"system_config", "", storageplan.Local},
		{"system_data", "storage", storageplan.Local},
		{"services", "", storageplan.Local},
	} {
		if got := storageplan.Resolve(p, c.database, c.docType); got != c.want {
			t.Errorf("%s of type %q: %s, want %s", c.database, c.docType, got, c.want)
		}
	}
}
