package crossbar_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"callfn/crossbar"
	"callfn/internal/runs"
)

// failureReturns is the time after which the API accepts another failed attempt of an address.
const failureReturns = 2 * time.Second

// failureReturnsKey is that time for a key, and more than a minute: a user gets no second reset before.
const failureReturnsKey = 61 * time.Second

// row says who may use a route. The roles are ordered: anonymous, self, child, parent, sibling, superduper. The account
// of the path is "self"; the others try its path.
type row struct {
	body string // a request that would succeed
	want [6]int
}

// The last two roles are users of self: an admin may do what self may, a plain user not what is in adminsOnly.
var roles = [8]string{"anonymous", "self", "child", "parent", "sibling", "superduper", "admin user", "plain user"}

var adminsOnly = map[string]bool{
	"PUT /v2/accounts": true, "PUT /v2/accounts/:account": true, "POST /v2/accounts/:account": true,
	"PATCH /v2/accounts/:account":  true,
	"DELETE /v2/accounts/:account": true, "GET /v2/accounts/:account/api_key": true,
	"PUT /v2/accounts/:account/api_key": true,
	"PUT /v2/accounts/:account/users":   true, "POST /v2/accounts/:account/users/:id": true,
	"PATCH /v2/accounts/:account/users/:id":          true,
	"DELETE /v2/accounts/:account/users/:id":         true,
	"POST /v2/accounts/:account/users/:id/undelete":  true,
	"GET /v2/accounts/:account/storage":              true,
	"PUT /v2/accounts/:account/storage":              true,
	"POST /v2/accounts/:account/storage":             true,
	"PATCH /v2/accounts/:account/storage":            true,
	"DELETE /v2/accounts/:account/storage":           true,
	"GET /v2/accounts/:account/storage/plans":        true,
	"PUT /v2/accounts/:account/storage/plans":        true,
	"GET /v2/accounts/:account/storage/plans/:id":    true,
	"POST /v2/accounts/:account/storage/plans/:id":   true,
	"PATCH /v2/accounts/:account/storage/plans/:id":  true,
	"DELETE /v2/accounts/:account/storage/plans/:id": true,
	"GET /v2/accounts/:account/users/:id/storage":    true,
	"PUT /v2/accounts/:account/users/:id/storage":    true,
	"POST /v2/accounts/:account/users/:id/storage":   true,
	"PATCH /v2/accounts/:account/users/:id/storage":  true,
	"DELETE /v2/accounts/:account/users/:id/storage": true,
	"GET /v2/accounts/:account/recordings":           true, "GET /v2/accounts/:account/recordings/:id": true,
	"GET /v2/accounts/:account/recordings/:id/raw": true, "DELETE /v2/accounts/:account/recordings/:id": true,
	"POST /v2/accounts/:account/channels/:id":              true,
	"GET /v2/accounts/:account/secrets":                    true,
	"GET /v2/accounts/:account/secrets/:secret":            true,
	"PUT /v2/accounts/:account/secrets/:secret":            true,
	"DELETE /v2/accounts/:account/secrets/:secret":         true,
	"POST /v2/accounts/:account/phone_numbers/collection":  true,
	"PATCH /v2/accounts/:account/phone_numbers/collection": true,
	"POST /v2/accounts/:account/phone_numbers/check":       true,
	"POST /v2/accounts/:account/phone_numbers/:number":     true,
	"PATCH /v2/accounts/:account/phone_numbers/:number":    true,
	"GET /v2/accounts/:account/keys":                       true, "PUT /v2/accounts/:account/keys": true,
	"GET /v2/accounts/:account/keys/:id": true, "DELETE /v2/accounts/:account/keys/:id": true,
	"GET /v2/accounts/:account/pivot/keys": true, "PUT /v2/accounts/:account/pivot/keys": true,
	"GET /v2/accounts/:account/pivot/keys/:id": true, "DELETE /v2/accounts/:account/pivot/keys/:id": true,
}

// aNumber names a number that no other row has.
const aNumber = `{"data":{"numbers":["+14155559999"]}}`

// status returns the wanted status for a role.
func (r row) status(route string, role int) int {
	switch {
	case role < 6:
		return r.want[role]
	case role == 7 && adminsOnly[route]:
		return 403
	}
	return r.want[1]
}

// subtree returns the statuses of a route below an account: only its owner and accounts above it may use it.
func subtree(success int) [6]int { return [6]int{401, success, 403, success, 403, success} }

// everyone returns the statuses of a public route.
func everyone(success int) [6]int {
	return [6]int{success, success, success, success, success, success}
}

// anyAccount returns the statuses of a route for any token.
func anyAccount(success int) [6]int {
	return [6]int{401, success, success, success, success, success}
}

// superduperOnly returns the statuses of a route for the whole system.
func superduperOnly(success int) [6]int { return [6]int{401, 403, 403, 403, 403, success} }

// keyOnly returns the statuses of a route that accepts no token.
func keyOnly() [6]int { return [6]int{401, 401, 401, 401, 401, 401} }

const aSecret = `{"data":{"value":"sk_live_0123456789","hosts":["crm.example.com"]}}`

// matrix has a row for every route of the API. {A} is self's account, {F} and {C} are a function and a callflow of it.
var matrix = map[string]row{
	"GET /":        {"", everyone(200)},
	"GET /v2":      {"", everyone(200)},
	"GET /healthz": {"", everyone(200)},
	"GET /readyz":  {"", everyone(200)},

	"GET /v2/openapi.json": {"", everyone(200)},

	"PUT /v2/api_auth": {`{"data":{"api_key":"` + masterKey + `"}}`, everyone(201)},
	"PUT /v2/user_auth": {`{"data":{"account_realm":"self.example","credentials":"` + md5Hex("ann:secret") +
		`"}}`, everyone(201)},
	"PUT /v2/user_auth/recovery": {`{"data":{"account_realm":"self.example","username":"ann",` +
		`"ui_url":"https://ui.example/"}}`, everyone(201)},
	"POST /v2/user_auth/recovery": {`{"data":{"reset_id":"{RESET}"}}`, everyone(200)},
	"GET /v2/token_auth":          {"", anyAccount(200)},
	"DELETE /v2/token_auth":       {"", anyAccount(200)},

	"GET /v2/phone_numbers":                                       {"", superduperOnly(200)},
	"GET /v2/accounts/:account/phone_numbers":                     {"", subtree(200)},
	"PUT /v2/accounts/:account/phone_numbers/collection":          {aNumber, superduperOnly(201)},
	"POST /v2/accounts/:account/phone_numbers/collection":         {aNumber, subtree(200)},
	"PATCH /v2/accounts/:account/phone_numbers/collection":        {aNumber, subtree(200)},
	"DELETE /v2/accounts/:account/phone_numbers/collection":       {aNumber, superduperOnly(200)},
	"PUT /v2/accounts/:account/phone_numbers/collection/activate": {aNumber, superduperOnly(201)},
	"POST /v2/accounts/:account/phone_numbers/check":              {aNumber, subtree(200)},
	"GET /v2/accounts/:account/phone_numbers/:number/identify":    {"", subtree(200)},
	"GET /v2/accounts/:account/phone_numbers/:number":             {"", subtree(200)},
	"PUT /v2/accounts/:account/phone_numbers/:number":             {"", superduperOnly(201)},
	"PUT /v2/accounts/:account/phone_numbers/:number/activate":    {"", superduperOnly(201)},
	"POST /v2/accounts/:account/phone_numbers/:number":            {`{"data":{"note":"x"}}`, subtree(200)},
	"PATCH /v2/accounts/:account/phone_numbers/:number":           {`{"data":{"note":"y"}}`, subtree(200)},
	"DELETE /v2/accounts/:account/phone_numbers/:number":          {"", superduperOnly(200)},

	"GET /v2/accounts/:account/channels":      {"", subtree(200)},
	"GET /v2/accounts/:account/channels/:id":  {"", subtree(200)},
	"POST /v2/accounts/:account/channels/:id": {`{"data":{"action":"hangup"}}`, subtree(200)},
	"GET /v2/accounts/:account/cdrs":          {"", subtree(200)},

	"GET /v2/accounts/:account/recordings":         {"", subtree(200)},
	"GET /v2/accounts/:account/recordings/:id":     {"", subtree(200)},
	"GET /v2/accounts/:account/recordings/:id/raw": {"", subtree(200)},
	"DELETE /v2/accounts/:account/recordings/:id":  {"", subtree(200)},

	"GET /v2/accounts/:account/cdrs/:id": {"", subtree(200)},

	"GET /v2/accounts/:account/kv":                    {"", subtree(200)},
	"GET /v2/accounts/:account/kv/:namespace":         {"", subtree(200)},
	"GET /v2/accounts/:account/kv/:namespace/:key":    {"", subtree(200)},
	"PUT /v2/accounts/:account/kv/:namespace/:key":    {`{"data":{"value":1}}`, subtree(201)},
	"POST /v2/accounts/:account/kv/:namespace/:key":   {`{"data":{"incr":1}}`, subtree(200)},
	"DELETE /v2/accounts/:account/kv/:namespace/:key": {"", subtree(200)},

	"GET /v2/accounts/:account/secrets":            {"", subtree(200)},
	"GET /v2/accounts/:account/secrets/:secret":    {"", subtree(200)},
	"PUT /v2/accounts/:account/secrets/:secret":    {aSecret, subtree(201)},
	"DELETE /v2/accounts/:account/secrets/:secret": {"", subtree(200)},

	"GET /v2/modules":      {"", superduperOnly(200)},
	"GET /v2/modules/:id":  {"", superduperOnly(200)},
	"POST /v2/modules/:id": {`{"data":{"running":true}}`, superduperOnly(200)},

	"GET /v2/storage":       {"", superduperOnly(200)},
	"GET /v2/storage/check": {"", superduperOnly(200)},
	"PUT /v2/storage":       {`{"data":{"plan":{}}}`, superduperOnly(201)},
	"POST /v2/storage":      {`{"data":{"plan":{}}}`, superduperOnly(200)},
	"PATCH /v2/storage":     {`{"data":{"plan":{}}}`, superduperOnly(200)},
	"DELETE /v2/storage":    {"", superduperOnly(200)},

	"GET /v2/databases/:id/documents": {"", superduperOnly(200)},
	"PUT /v2/databases/:id/documents": {`{"data":{"documents":[]}}`, superduperOnly(200)},
	"GET /v2/storage/migrations":      {"", superduperOnly(200)},
	"PUT /v2/storage/migrations":      {`{"data":{}}`, superduperOnly(400)},
	"GET /v2/storage/migrations/:id":  {"", superduperOnly(200)},
	"POST /v2/storage/migrations/:id": {`{"data":{"action":"rollback"}}`, superduperOnly(200)},

	"GET /v2/storage/plans":                          {"", superduperOnly(501)},
	"PUT /v2/storage/plans":                          {"", superduperOnly(501)},
	"GET /v2/storage/plans/:id":                      {"", superduperOnly(501)},
	"POST /v2/storage/plans/:id":                     {"", superduperOnly(501)},
	"PATCH /v2/storage/plans/:id":                    {"", superduperOnly(501)},
	"DELETE /v2/storage/plans/:id":                   {"", superduperOnly(501)},
	"GET /v2/accounts/:account/storage":              {"", subtree(501)},
	"PUT /v2/accounts/:account/storage":              {"", subtree(501)},
	"POST /v2/accounts/:account/storage":             {"", subtree(501)},
	"PATCH /v2/accounts/:account/storage":            {"", subtree(501)},
	"DELETE /v2/accounts/:account/storage":           {"", subtree(501)},
	"GET /v2/accounts/:account/storage/plans":        {"", subtree(501)},
	"PUT /v2/accounts/:account/storage/plans":        {"", subtree(501)},
	"GET /v2/accounts/:account/storage/plans/:id":    {"", subtree(501)},
	"POST /v2/accounts/:account/storage/plans/:id":   {"", subtree(501)},
	"PATCH /v2/accounts/:account/storage/plans/:id":  {"", subtree(501)},
	"DELETE /v2/accounts/:account/storage/plans/:id": {"", subtree(501)},
	"GET /v2/accounts/:account/users/:id/storage":    {"", subtree(501)},
	"PUT /v2/accounts/:account/users/:id/storage":    {"", subtree(501)},
	"POST /v2/accounts/:account/users/:id/storage":   {"", subtree(501)},
	"PATCH /v2/accounts/:account/users/:id/storage":  {"", subtree(501)},
	"DELETE /v2/accounts/:account/users/:id/storage": {"", subtree(501)},
	"GET /v2/auth/keys":                              {"", superduperOnly(200)},
	"GET /v2/auth/keys/:id":                          {"", superduperOnly(200)},
	"PUT /v2/auth/keys/:id":                          {`{"data":{"action":"rotate"}}`, superduperOnly(201)},

	"GET /v2/schemas":                {"", everyone(200)},
	"GET /v2/schemas/:id":            {"", everyone(200)},
	"PUT /v2/schemas/:id/validation": {`{"data":{"name":"n","function_js":"x"}}`, anyAccount(200)},

	"PUT /v2/accounts":                      {`{"data":{"name":"{NEW}"}}`, anyAccount(201)},
	"GET /v2/accounts/:account":             {"", subtree(200)},
	"PUT /v2/accounts/:account":             {`{"data":{"name":"{NEW}"}}`, subtree(201)},
	"POST /v2/accounts/:account":            {`{"data":{"name":"{NEW}"}}`, subtree(200)},
	"PATCH /v2/accounts/:account":           {`{"data":{"flags":["x"]}}`, subtree(200)},
	"DELETE /v2/accounts/:account":          {"", subtree(409)}, // it has a child
	"GET /v2/accounts/:account/children":    {"", subtree(200)},
	"GET /v2/accounts/:account/descendants": {"", subtree(200)},
	"GET /v2/accounts/:account/ancestors":   {"", subtree(200)},
	"GET /v2/accounts/:account/parents":     {"", subtree(200)},
	"GET /v2/accounts/:account/tree":        {"", subtree(200)},
	"GET /v2/accounts/:account/api_key":     {"", subtree(200)},
	"PUT /v2/accounts/:account/api_key":     {"", subtree(201)},

	"GET /v2/functions":                                 {"", everyone(200)},
	"GET /v2/functions/samples":                         {"", everyone(200)},
	"GET /v2/functions/callfn.d.ts":                     {"", everyone(200)},
	"GET /v2/functions/jsconfig.json":                   {"", everyone(200)},
	"GET /v2/accounts/:account/functions/samples":       {"", subtree(200)},
	"PUT /v2/accounts/:account/functions/run":           {`{"data":{"function_js":"return {}"}}`, subtree(201)},
	"PUT /v2/accounts/:account/functions/:id/run":       {`{"data":{"call":{"To":"1"}}}`, subtree(201)},
	"GET /v2/accounts/:account/functions":               {"", subtree(200)},
	"PUT /v2/accounts/:account/functions":               {hello, subtree(201)},
	"GET /v2/accounts/:account/functions/:id":           {"", subtree(200)},
	"POST /v2/accounts/:account/functions/:id":          {hello, subtree(200)},
	"PATCH /v2/accounts/:account/functions/:id":         {`{"data":{"custom":1}}`, subtree(200)},
	"DELETE /v2/accounts/:account/functions/:id":        {"", subtree(200)},
	"POST /v2/accounts/:account/functions/:id/undelete": {"", subtree(200)},
	"GET /v2/accounts/:account/callflows":               {"", subtree(200)},
	"PUT /v2/accounts/:account/callflows": {`{"data":{"numbers":["{NUMBER}"],` +
		`"flow":{"module":"hangup","data":{}}}}`, subtree(201)},
	"GET /v2/accounts/:account/callflows/:id": {"", subtree(200)},
	"POST /v2/accounts/:account/callflows/:id": {`{"data":{"numbers":["{NUMBER}"],` +
		`"flow":{"module":"hangup","data":{}}}}`, subtree(200)},
	"PATCH /v2/accounts/:account/callflows/:id":         {`{"data":{"name":"x"}}`, subtree(200)},
	"DELETE /v2/accounts/:account/callflows/:id":        {"", subtree(200)},
	"POST /v2/accounts/:account/callflows/:id/undelete": {"", subtree(200)},
	"GET /v2/accounts/:account/users":                   {"", subtree(200)},
	"PUT /v2/accounts/:account/users": {
		`{"data":{"first_name":"F","last_name":"L"}}`,
		subtree(201),
	},
	"GET /v2/accounts/:account/users/:id": {"", subtree(200)},
	"POST /v2/accounts/:account/users/:id": {
		`{"data":{"first_name":"F","last_name":"L"}}`,
		subtree(200),
	},
	"PATCH /v2/accounts/:account/users/:id":                       {`{"data":{"first_name":"G"}}`, subtree(200)},
	"DELETE /v2/accounts/:account/users/:id":                      {"", subtree(200)},
	"POST /v2/accounts/:account/users/:id/undelete":               {"", subtree(200)},
	"GET /v2/accounts/:account/menus":                             {"", subtree(200)},
	"PUT /v2/accounts/:account/menus":                             {`{"data":{"name":"m"}}`, subtree(201)},
	"GET /v2/accounts/:account/menus/:id":                         {"", subtree(200)},
	"POST /v2/accounts/:account/menus/:id":                        {`{"data":{"name":"m"}}`, subtree(200)},
	"PATCH /v2/accounts/:account/menus/:id":                       {`{"data":{"name":"x"}}`, subtree(200)},
	"DELETE /v2/accounts/:account/menus/:id":                      {"", subtree(200)},
	"POST /v2/accounts/:account/menus/:id/undelete":               {"", subtree(200)},
	"GET /v2/accounts/:account/devices":                           {"", subtree(200)},
	"PUT /v2/accounts/:account/devices":                           {`{"data":{"name":"d"}}`, subtree(201)},
	"GET /v2/accounts/:account/devices/:id":                       {"", subtree(200)},
	"POST /v2/accounts/:account/devices/:id":                      {`{"data":{"name":"d"}}`, subtree(200)},
	"PATCH /v2/accounts/:account/devices/:id":                     {`{"data":{"name":"x"}}`, subtree(200)},
	"DELETE /v2/accounts/:account/devices/:id":                    {"", subtree(200)},
	"POST /v2/accounts/:account/devices/:id/undelete":             {"", subtree(200)},
	"GET /v2/accounts/:account/lists":                             {"", subtree(200)},
	"PUT /v2/accounts/:account/lists":                             {`{"data":{"name":"l"}}`, subtree(201)},
	"GET /v2/accounts/:account/lists/:id":                         {"", subtree(200)},
	"POST /v2/accounts/:account/lists/:id":                        {`{"data":{"name":"l"}}`, subtree(200)},
	"PATCH /v2/accounts/:account/lists/:id":                       {`{"data":{"name":"x"}}`, subtree(200)},
	"DELETE /v2/accounts/:account/lists/:id":                      {"", subtree(200)},
	"POST /v2/accounts/:account/lists/:id/undelete":               {"", subtree(200)},
	"GET /v2/accounts/:account/lists/:id/entries":                 {"", subtree(200)},
	"PUT /v2/accounts/:account/lists/:id/entries":                 {`{"data":{"number":"+1415"}}`, subtree(201)},
	"DELETE /v2/accounts/:account/lists/:id/entries":              {"", subtree(200)},
	"GET /v2/accounts/:account/lists/:id/entries/:part":           {"", subtree(200)},
	"POST /v2/accounts/:account/lists/:id/entries/:part":          {`{"data":{"number":"+1415"}}`, subtree(200)},
	"PATCH /v2/accounts/:account/lists/:id/entries/:part":         {`{"data":{"number":"+1415"}}`, subtree(200)},
	"DELETE /v2/accounts/:account/lists/:id/entries/:part":        {"", subtree(200)},
	"GET /v2/accounts/:account/temporal_rules":                    {"", subtree(200)},
	"PUT /v2/accounts/:account/temporal_rules":                    {`{"data":{"name":"r","cycle":"daily"}}`, subtree(201)},
	"GET /v2/accounts/:account/temporal_rules/:id":                {"", subtree(200)},
	"POST /v2/accounts/:account/temporal_rules/:id":               {`{"data":{"name":"r","cycle":"daily"}}`, subtree(200)},
	"PATCH /v2/accounts/:account/temporal_rules/:id":              {`{"data":{"name":"x"}}`, subtree(200)},
	"DELETE /v2/accounts/:account/temporal_rules/:id":             {"", subtree(200)},
	"POST /v2/accounts/:account/temporal_rules/:id/undelete":      {"", subtree(200)},
	"GET /v2/accounts/:account/temporal_rules_sets":               {"", subtree(200)},
	"PUT /v2/accounts/:account/temporal_rules_sets":               {`{"data":{"name":"s"}}`, subtree(201)},
	"GET /v2/accounts/:account/temporal_rules_sets/:id":           {"", subtree(200)},
	"POST /v2/accounts/:account/temporal_rules_sets/:id":          {`{"data":{"name":"s"}}`, subtree(200)},
	"PATCH /v2/accounts/:account/temporal_rules_sets/:id":         {`{"data":{"name":"x"}}`, subtree(200)},
	"DELETE /v2/accounts/:account/temporal_rules_sets/:id":        {"", subtree(200)},
	"POST /v2/accounts/:account/temporal_rules_sets/:id/undelete": {"", subtree(200)},
	"PUT /v2/accounts/:account/functions/:id/tests/run":           {"", subtree(201)},
	"GET /v2/accounts/:account/functions/:id/tests":               {"", subtree(200)},
	"PUT /v2/accounts/:account/functions/:id/tests": {`{"data":{"name":"case {NUMBER}","call":{},` +
		`"expected":{"outcome":"ok"}}}`, subtree(201)},
	"GET /v2/accounts/:account/functions/:id/tests/:part": {"", subtree(200)},
	"POST /v2/accounts/:account/functions/:id/tests/:part": {`{"data":{"name":"case {NUMBER}","call":{},` +
		`"expected":{"outcome":"ok"}}}`, subtree(200)},
	"PATCH /v2/accounts/:account/functions/:id/tests/:part":  {`{"data":{"description":"x"}}`, subtree(200)},
	"DELETE /v2/accounts/:account/functions/:id/tests/:part": {"", subtree(200)},
	"PUT /v2/accounts/:account/callflows/:id/tests/run":      {"", subtree(201)},
	"GET /v2/accounts/:account/callflows/:id/tests":          {"", subtree(200)},
	"PUT /v2/accounts/:account/callflows/:id/tests": {`{"data":{"name":"case {NUMBER}","call":{},` +
		`"expected":{"steps":[]}}}`, subtree(201)},
	"GET /v2/accounts/:account/callflows/:id/tests/:part": {"", subtree(200)},
	"POST /v2/accounts/:account/callflows/:id/tests/:part": {`{"data":{"name":"case {NUMBER}","call":{},` +
		`"expected":{"steps":[]}}}`, subtree(200)},
	"PATCH /v2/accounts/:account/callflows/:id/tests/:part":  {`{"data":{"description":"x"}}`, subtree(200)},
	"DELETE /v2/accounts/:account/callflows/:id/tests/:part": {"", subtree(200)},
	"GET /v2/search":                                    {"", anyAccount(200)},
	"GET /v2/search/multi":                              {"", anyAccount(200)},
	"GET /v2/accounts/:account/search":                  {"", subtree(200)},
	"GET /v2/accounts/:account/search/multi":            {"", subtree(200)},
	"PUT /v2/accounts/:account/simulations":             {`{"data":{"To":"1000"}}`, subtree(201)},
	"PATCH /v2/accounts/:account/functions":             {`{"data":{"re-enable":true}}`, subtree(200)},
	"PATCH /v2/accounts/:account/descendants/functions": {`{"data":{"re-enable":true}}`, subtree(200)},
	"GET /v2/accounts/:account/functions/runs":          {"", subtree(200)},
	"GET /v2/accounts/:account/functions/runs/:run":     {"", subtree(200)},
	"GET /v2/accounts/:account/functions/:id/runs":      {"", subtree(200)},
	"GET /v2/accounts/:account/functions/:id/runs/:run": {"", subtree(200)},

	"GET /v2/accounts/:account/pivot":                {"", keyOnly()},
	"POST /v2/accounts/:account/pivot":               {`{"To":"1000"}`, keyOnly()},
	"GET /v2/accounts/:account/functions/:id/pivot":  {"", keyOnly()},
	"POST /v2/accounts/:account/functions/:id/pivot": {`{"To":"1000"}`, keyOnly()},
	"GET /v2/accounts/:account/keys":                 {"", subtree(200)},
	"PUT /v2/accounts/:account/keys":                 {`{"data":{"function":"{F}"}}`, subtree(201)},
	"GET /v2/accounts/:account/keys/:id":             {"", subtree(200)},
	"DELETE /v2/accounts/:account/keys/:id":          {"", subtree(200)},
	"GET /v2/accounts/:account/pivot/keys":           {"", subtree(200)},
	"PUT /v2/accounts/:account/pivot/keys":           {`{"data":{"name":"k"}}`, subtree(201)},
	"GET /v2/accounts/:account/pivot/keys/:id":       {"", subtree(200)},
	"DELETE /v2/accounts/:account/pivot/keys/:id":    {"", subtree(200)},
}

// TestAuthorisation tries every route with every role. A refused request changes nothing and shows nothing.
func TestAuthorisation(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long, and the race detector makes it longer: run this without -short")
	}
	s := newStack(t, func(c *crossbar.Config) {
		c.Recovery = crossbar.Recovery{Mailer: &mailbox{}, UIs: []string{"https://ui.example"}}
	})
	parent := s.tenant(t, s.master, "parent")
	self := s.tenant(t, parent.id, "self")
	child := s.tenant(t, self.id, "child")
	unwritten := s.written(t)
	sibling := s.tenant(t, parent.id, "sibling")
	if s.written(t) == unwritten {
		t.Fatalf("what is written: got %v before and after, want a change to show", unwritten)
	}
	created := 0
	s.must(t, 200, "PATCH", self.path(""), self.token, `{"data":{"realm":"self.example"}}`)
	s.user(t, self, "ann", "secret", "admin")
	s.user(t, self, "bob", "secret", "user")

	admin := &pass{anew: func(t testing.TB) string { return s.login(t, masterKey) }}
	of := func(id string) *pass {
		return &pass{anew: func(t testing.TB) string {
			return s.login(t, s.as(t, admin, "GET", "/v2/accounts/"+id+"/api_key", "").at("data", "api_key").(string))
		}}
	}
	passes := map[string]*pass{
		"anonymous": {anew: func(testing.TB) string { return "" }}, "self": of(self.id), "child": of(child.id),
		"parent": of(parent.id), "sibling": of(sibling.id), "superduper": admin,
		"admin user": {anew: func(t testing.TB) string { return s.userLogin(t, "self.example", "ann", "secret") }},
		"plain user": {anew: func(t testing.TB) string { return s.userLogin(t, "self.example", "bob", "secret") }},
	}
	seen := map[string]bool{}
	for _, route := range s.api.Routes() {
		name := route.Method + " " + route.Path
		seen[name] = true
		expected, ok := matrix[name]
		if !ok {
			t.Errorf("%s: got no row in the authorisation matrix, want one for every route", name)
			continue
		}
		for i, role := range roles {
			t.Run(name+" as "+role, func(t *testing.T) {
				s.clock.Advance(failureReturnsKey) // keeps the limit of refusals per address out of this test
				created++
				s.clock.Advance(100 * time.Millisecond) // keeps the rate limit out of this test
				path, body := s.prepare(t, admin, route, expected.body, self, created)
				want, before := expected.status(name, i), ""
				if want >= 400 {
					before = s.written(t)
				}
				r := s.as(t, passes[role], route.Method, path, body)
				if r.status != want {
					t.Fatalf("status %d, want %d: %s", r.status, want, r.raw)
				}
				if r.status >= 400 {
					if after := s.written(t); after != before {
						t.Errorf("a refused request: got %s written, want %s as before", after, before)
					}
					for _, secret := range []string{"function_js", privateKey, self.key, "hangup"} {
						if strings.Contains(r.raw, secret) {
							t.Errorf("a refused request: got %s, want nothing of %q", r.raw, secret)
						}
					}
				}
				// an export contains private fields
				if strings.Contains(r.raw, privateKey) && name != "GET /v2/databases/:id/documents" {
					t.Errorf("got %s, want no private fields", r.raw)
				}
			})
		}
	}
	for name := range matrix {
		if !seen[name] {
			t.Errorf("the matrix: got a row for %s, want rows for routes alone", name)
		}
	}
}

// prepare returns a request to a route that would succeed for a permitted caller: it creates the documents to act on.
func (s *stack) prepare(t *testing.T, admin *pass, route crossbar.Route, body string, self tenant, n int) (path,
	filled string,
) {
	t.Helper()
	must := func(want int, method, path, body string) reply {
		t.Helper()
		r := s.as(t, admin, method, path, body)
		if r.status != want {
			t.Fatalf("%s %s: status %d, want %d\n%s", method, path, r.status, want, r.raw)
		}
		return r
	}
	path = strings.Replace(route.Path, ":account", self.id, 1)
	if before, after, found := strings.Cut(body, "{F}"); found {
		body = before + must(201, "PUT", self.path("/functions"), hello).id() + after
	}
	if before, after, found := strings.Cut(body, "{RESET}"); found {
		body = before + s.reset(t, "self.example", "ann") + after
	}
	body = strings.NewReplacer("{NEW}", fmt.Sprintf("new %d", n), "{NUMBER}", fmt.Sprint(2000+n)).Replace(body)
	path = strings.Replace(path, "/v2/schemas/:id", "/v2/schemas/functions", 1)
	if strings.Contains(path, "/v2/auth/keys/:id") {
		current, _ := must(200, "GET", "/v2/auth/keys", "").items()[0].(string)
		path = strings.Replace(path, ":id", current, 1)
	}
	if strings.Contains(path, "/search") {
		path += map[bool]string{true: "?t=user&by_name=a", false: "?t=user&q=name&v=a"}[strings.HasSuffix(path, "multi")]
	}
	path = strings.Replace(path, "/v2/modules/:id", "/v2/modules/functions", 1)
	path = strings.Replace(path, "/storage/plans/:id", "/storage/plans/x", 1)
	path = strings.Replace(path, "/databases/:id", "/databases/accounts", 1)
	path = strings.Replace(path, "/storage/migrations/:id", "/storage/migrations/"+pastMigration, 1)
	if route.Path == "/v2/storage" {
		s.as(t, admin, "DELETE", route.Path, "")
		if route.Method != "PUT" && route.Method != "GET" {
			must(201, "PUT", route.Path, `{"data":{"plan":{"yodb":{"connection":"local"}}}}`)
		}
	}
	if strings.Contains(path, "/channels/:id") {
		path = strings.Replace(path, ":id", s.call(t, self, fmt.Sprintf("call-%d", n)), 1)
	}
	if strings.Contains(path, "/recordings/:id") {
		path = strings.Replace(path, ":id", s.recording(t, self), 1)
	}
	if strings.Contains(path, "/cdrs/:id") {
		path = strings.Replace(path, ":id", s.callRecord(t, self, fmt.Sprintf("call-%d", n)), 1)
	}
	path = strings.Replace(path, ":namespace", "account", 1)
	if strings.Contains(path, ":key") {
		path = strings.Replace(path, ":key", fmt.Sprintf("key-%d", n), 1)
		must(201, "PUT", path, `{"data":{"value":1}}`)
	}
	if strings.Contains(path, ":secret") {
		path = strings.Replace(path, ":secret", fmt.Sprintf("KEY_%d", n), 1)
		if route.Method != "PUT" {
			must(201, "PUT", path, aSecret)
			t.Cleanup(func() { s.as(t, admin, "DELETE", path, "") })
		}
	}
	if strings.Contains(path, ":number") {
		number := fmt.Sprintf("/phone_numbers/%%2B1415555%04d", n)
		if route.Method != "PUT" {
			must(201, "PUT", self.path(number), "")
		}
		path = strings.Replace(path, "/phone_numbers/:number", number, 1)
	}
	if strings.Contains(path, ":id") {
		collection, content := "functions", hello
		if strings.Contains(path, "callflows") {
			collection, content = "callflows", fmt.Sprintf(`{"data":{"numbers":["%d"],"flow":{"module":"hangup","data":{}}}}`,
				20000+n)
		}
		if strings.Contains(path, "users") {
			collection, content = "users", `{"data":{"first_name":"F","last_name":"L"}}`
		}
		if strings.Contains(path, "pivot/keys") {
			collection, content = "pivot/keys", `{"data":{"name":"k"}}`
		} else if strings.Contains(path, "/keys/:id") {
			f := must(201, "PUT", self.path("/functions"), hello).id()
			collection, content = "keys", `{"data":{"function":"`+f+`"}}`
		}
		for _, name := range []string{"menus", "devices", "lists", "temporal_rules", "temporal_rules_sets"} {
			if item, _, _ := strings.Cut(path, "/:id"); strings.HasSuffix(item, "/"+name) {
				collection, content = name, `{"data":{"name":"n","cycle":"daily"}}`
			}
		}
		id := must(201, "PUT", self.path("/"+collection), content).id()
		path = strings.Replace(path, ":id", id, 1)
		if item, found := strings.CutSuffix(path, "/undelete"); found {
			must(200, "DELETE", item, "")
		}
		if before, found := strings.CutSuffix(path, ":run"); found {
			path = before + s.record(t, self, id, "call-1", runs.Threw)
		}
		if before, found := strings.CutSuffix(path, "/entries/:part"); found {
			path = before + "/entries/" + must(201, "PUT", before+"/entries", `{"data":{"number":"1"}}`).id()
		}
		if before, found := strings.CutSuffix(path, "/:part"); found {
			expected := map[string]string{"functions": `{"outcome":"ok"}`, "callflows": `{"steps":[]}`}[collection]
			path = before + "/" + must(201, "PUT", before, `{"data":{"name":"saved","call":{},"expected":`+expected+`}}`).id()
		}
	}
	if before, found := strings.CutSuffix(path, "/functions/runs/:run"); found {
		path = before + "/functions/runs/" + s.record(t, self, strings.Repeat("f", 32), "call-1", runs.Threw)
	}
	return path, body
}
