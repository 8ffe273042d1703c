package crossbar

import (
	"net/http"
	"slices"

	"callfn/internal/savedcase"
)

// Access is who may use a route.
type Access string

const (
	// Public routes need no token.
	Public Access = "public"
	// AnyAccount routes need a valid token of any account.
	AnyAccount Access = "any account"
	// Subtree routes have an account in their path: the token's own, one below it, or any for the superduper admin. All
	// other account paths answer 403, whether or not there is such an account.
	Subtree Access = "subtree"
	// SuperduperOf routes have an account in their path, and are for admins of the master account only.
	SuperduperOf Access = "superduper, of any account"
	// SuperduperOnly routes concern the whole system: they are for admins of the master account.
	SuperduperOnly Access = "superduper"
	// SubtreeOrRunKey routes are Subtree routes that a key for one function opens too.
	SubtreeOrRunKey Access = "subtree, or a run key"
	// InvokeKey routes take the key of their endpoint instead of a token. The key gives access to nothing else.
	InvokeKey Access = "invoke key"
)

// Route is one row of the table of routes.
type Route struct {
	Method   string
	Path     string // ":account" is the account, ":id" a document, ":part" a part of it
	Resource string // "functions", "callflows" …
	Access   Access
	// NeedsBody makes a request without a body a validation error.
	NeedsBody bool

	handle func(*exchange) (*answer, error)
}

// Bare reports whether data may come without the envelope, as KAZOO's documentation sends a storage plan.
func (r Route) Bare() bool { return r.Path == "/v2/storage" && r.NeedsBody }

// PlainText reports whether the route answers with a plain text instead of JSON.
func (r Route) PlainText() bool {
	return r.Resource == "banner" || r.Path == "/v2/functions/callfn.d.ts"
}

// Audio reports whether the route answers with a WAV file instead of JSON.
func (r Route) Audio() bool { return r.Path == underAccount+"/recordings/:id/raw" }

// Routes lists every route of the API in the order of the table.
func (a *API) Routes() []Route { return slices.Clone(a.routes) }

const underAccount = "/v2/accounts/:account"

func (a *API) table() []Route {
	get, put, post, patch, del := http.MethodGet, http.MethodPut, http.MethodPost, http.MethodPatch, http.MethodDelete
	table := []Route{
		{get, "/", "banner", Public, false, a.banner},
		{get, "/v2", "banner", Public, false, a.banner},
		{get, "/healthz", "health", Public, false, a.healthy},
		{get, "/readyz", "health", Public, false, a.ready},

		{get, "/v2/openapi.json", "openapi", Public, false, a.showOpenAPI},

		{put, "/v2/api_auth", "api_auth", Public, true, a.apiAuth},
		{put, "/v2/user_auth", "user_auth", Public, true, a.userAuth},
		{put, "/v2/user_auth/recovery", "user_auth", Public, true, a.requestRecovery},
		{post, "/v2/user_auth/recovery", "user_auth", Public, true, a.useRecovery},
		{get, "/v2/token_auth", "token_auth", AnyAccount, false, a.showToken},
		{del, "/v2/token_auth", "token_auth", AnyAccount, false, a.revokeToken},

		{get, "/v2/auth/keys", "auth_keys", SuperduperOnly, false, a.listSigningKeys},
		{get, "/v2/auth/keys/:id", "auth_keys", SuperduperOnly, false, a.showSigningKey},
		{put, "/v2/auth/keys/:id", "auth_keys", SuperduperOnly, true, a.rotateSigningKeys},

		{get, "/v2/schemas", "schemas", Public, false, a.listSchemas},
		{get, "/v2/schemas/:id", "schemas", Public, false, a.showSchema},
		{put, "/v2/schemas/:id/validation", "schemas", AnyAccount, true, a.checkSchema},

		{get, "/v2/modules", "modules", SuperduperOnly, false, a.listModules},
		{get, "/v2/modules/:id", "modules", SuperduperOnly, false, a.showModule},
		{post, "/v2/modules/:id", "modules", SuperduperOnly, true, a.switchModule},

		{get, "/v2/storage", "storage", SuperduperOnly, false, a.showStorage},
		{put, "/v2/storage", "storage", SuperduperOnly, true, a.createStorage},
		{post, "/v2/storage", "storage", SuperduperOnly, true, a.replaceStorage},
		{patch, "/v2/storage", "storage", SuperduperOnly, true, a.patchStorage},
		{get, "/v2/storage/check", "storage", SuperduperOnly, false, a.checkStorage},
		{del, "/v2/storage", "storage", SuperduperOnly, false, a.deleteStorage},
		{get, "/v2/databases/:id/documents", "databases", SuperduperOnly, false, a.exportDocuments},
		{put, "/v2/databases/:id/documents", "databases", SuperduperOnly, true, a.importDocuments},
		{get, "/v2/storage/migrations", "storage", SuperduperOnly, false, a.listMigrations},
		{put, "/v2/storage/migrations", "storage", SuperduperOnly, true, a.migrate},
		{get, "/v2/storage/migrations/:id", "storage", SuperduperOnly, false, a.showMigration},
		{post, "/v2/storage/migrations/:id", "storage", SuperduperOnly, true, a.steerMigration},

		{put, "/v2/accounts", "accounts", AnyAccount, true, a.createAccount},
		{get, underAccount, "accounts", Subtree, false, a.showAccount},
		{put, underAccount, "accounts", Subtree, true, a.createAccount},
		{post, underAccount, "accounts", Subtree, true, a.replaceAccount},
		{patch, underAccount, "accounts", Subtree, true, a.patchAccount},
		{del, underAccount, "accounts", Subtree, false, a.deleteAccount},
		{get, underAccount + "/children", "accounts", Subtree, false, a.listChildren},
		{get, underAccount + "/descendants", "accounts", Subtree, false, a.listDescendants},
		{get, underAccount + "/ancestors", "accounts", Subtree, false, a.listAncestors},
		{get, underAccount + "/parents", "accounts", Subtree, false, a.listAncestors},
		{get, underAccount + "/tree", "accounts", Subtree, false, a.listAncestors},
		{get, underAccount + "/api_key", "api_key", Subtree, false, a.showAPIKey},
		{put, underAccount + "/api_key", "api_key", Subtree, false, a.rotateAPIKey},

		{get, "/v2/functions", "functions", Public, false, a.catalogue},
		{get, "/v2/functions/samples", "functions", Public, false, a.samples},
		{get, "/v2/functions/callfn.d.ts", "functions", Public, false, a.declaration},
		{get, "/v2/functions/jsconfig.json", "functions", Public, false, a.editorConfig},
		{get, underAccount + "/functions/samples", "functions", Subtree, false, a.samples},
		{put, underAccount + "/functions/run", "functions", Subtree, true, a.runDraft},
		{get, underAccount + "/functions/runs", "functions", Subtree, false, a.listRuns},
		{get, underAccount + "/functions/runs/:run", "functions", Subtree, false, a.showRun},
		{get, underAccount + "/functions/:id/runs", "functions", Subtree, false, a.listFunctionRuns},
		{get, underAccount + "/functions/:id/runs/:run", "functions", Subtree, false, a.showRun},
		{put, underAccount + "/functions/:id/run", "functions", SubtreeOrRunKey, false, a.runFunction},

		{get, "/v2/search", "search", AnyAccount, false, inOwnAccount(a.search)},
		{get, "/v2/search/multi", "search", AnyAccount, false, inOwnAccount(a.searchMany)},
		{get, underAccount + "/search", "search", Subtree, false, a.search},
		{get, underAccount + "/search/multi", "search", Subtree, false, a.searchMany},
		{put, underAccount + "/simulations", "simulations", Subtree, true, a.simulate},
	}
	table = append(table, a.pivotRoutes()...)
	table = append(table, a.keyRoutes()...)
	functions, callflows, users := a.functions(), a.callflows(), a.users()
	a.kinds = map[string]*documentKind{functions.schema: functions, callflows.schema: callflows, users.schema: users}
	table = append(table, testRoutes("functions", a.testsOf(functions, savedcase.OfFunction, "function_js",
		"language_pack"))...)
	table = append(table, testRoutes("callflows", a.testsOf(callflows, savedcase.OfCallflow, "flow", "numbers",
		"patterns"))...)
	table = append(table, documentRoutes("functions", functions)...)
	table = append(table,
		Route{patch, underAccount + "/functions", "functions", Subtree, true, a.enableFunctions},
		Route{patch, underAccount + "/descendants/functions", "functions", Subtree, true, a.enableDescendantsFunctions},
	)
	table = append(table, documentRoutes("callflows", callflows)...)
	table = append(table, documentRoutes("users", users)...)
	table = append(table, a.noStorageRoutes()...)
	table = append(table, phoneNumbers{a.numbers, a}.routes()...)
	table = append(table, channels{a.cfg.Calls, a.cfg.Now}.routes()...)
	table = append(table, recordings{a.cfg.Recordings}.routes()...)
	table = append(table, keyValues{a.cfg.KV, a}.routes()...)
	table = append(table, cdrs{a.callRecords, a}.routes()...)
	table = append(table, secrets{a.cfg.Secrets, a.cfg.AllowReveal, a}.routes()...)
	for _, kind := range a.callflowResources() {
		a.kinds[kind.schema] = kind
		table = append(table, documentRoutes(kind.name, kind)...)
		if kind.name == "lists" {
			table = append(table, listEntries{kind}.routes()...)
		}
	}
	return table
}

// documentRoutes returns the seven routes of a kind of documents that an account owns.
func documentRoutes(resource string, k *documentKind) []Route {
	collection, item := underAccount+"/"+resource, underAccount+"/"+resource+"/:id"
	return []Route{
		{http.MethodGet, collection, resource, Subtree, false, k.list},
		{http.MethodPut, collection, resource, Subtree, true, k.create},
		{http.MethodGet, item, resource, Subtree, false, k.show},
		{http.MethodPost, item, resource, Subtree, true, k.replace},
		{http.MethodPatch, item, resource, Subtree, true, k.patch},
		{http.MethodDelete, item, resource, Subtree, false, k.delete},
		{http.MethodPost, item + "/undelete", resource, Subtree, false, k.undelete},
	}
}

// noStorageRoutes returns KAZOO's routes for storage plans of accounts and resellers, which answer 501.
func (a *API) noStorageRoutes() []Route {
	var out []Route
	add := func(path string, access Access, verbs ...string) {
		for _, verb := range verbs {
			out = append(out, Route{verb, path, "storage", access, false, a.noStorageHere})
		}
	}
	add("/v2/storage/plans", SuperduperOnly, http.MethodGet, http.MethodPut)
	add("/v2/storage/plans/:id", SuperduperOnly, http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete)
	add(underAccount+"/storage", Subtree, http.MethodGet, http.MethodPut, http.MethodPost, http.MethodPatch,
		http.MethodDelete)
	add(underAccount+"/storage/plans", Subtree, http.MethodGet, http.MethodPut)
	add(underAccount+"/storage/plans/:id", Subtree, http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete)
	add(underAccount+"/users/:id/storage", Subtree, http.MethodGet, http.MethodPut, http.MethodPost, http.MethodPatch,
		http.MethodDelete)
	return out
}
