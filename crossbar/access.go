package crossbar

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"

	"callfn/internal/account"
	"callfn/internal/auth"
	"callfn/internal/datastore"
)

// authenticate identifies the caller by the token that receive found, or one in the body. Public routes ignore an
// invalid token.
func (a *API) authenticate(x *exchange) error {
	if token := x.token(); x.caller == nil && x.refused == nil && token != "" {
		x.caller, x.refused = a.identify(x, token)
	}
	switch {
	case x.caller != nil || x.route.Access == Public:
		return nil
	case x.refused != nil:
		return x.refused
	}
	return invalidCredentials()
}

func (a *API) identify(x *exchange, token string) (*caller, error) {
	claims, err := a.cfg.Auth.Verify(x.ctx, token)
	if err != nil {
		return nil, err
	}
	acct, err := a.cfg.Accounts.Get(x.ctx, claims.AccountID)
	if errors.Is(err, datastore.ErrNotFound) {
		return nil, auth.ErrInvalid
	}
	if err != nil {
		return nil, err
	}
	who := &caller{account: acct, claims: claims, token: token}
	if err := a.stillCounts(x, who); err != nil {
		return nil, err
	}
	if named := x.request.Header.Get("X-Auth-Account-ID"); named != "" && named != string(acct.ID()) {
		return nil, auth.ErrInvalid
	}
	return who, nil
}

// stillCounts checks that the account or user to which a token was issued has not revoked it.
func (a *API) stillCounts(x *exchange, who *caller) error {
	if who.claims.OwnerID == "" {
		return a.cfg.Auth.Counts(who.claims, who.account)
	}
	user, err := a.cfg.Accounts.User(x.ctx, who.account.ID(), who.claims.OwnerID)
	if errors.Is(err, datastore.ErrNotFound) {
		return auth.ErrInvalid
	}
	if err != nil {
		return err
	}
	who.user = user
	return a.cfg.Auth.CountsUser(who.claims, who.account, user)
}

// admin reports whether the caller may do what its account may: the account's own key, or a user of priv_level admin.
func (c *caller) admin() bool { return c.claims.OwnerID == "" || c.user.Admin() }

// reserved reports whether a route is for admins: the account's keys and secrets, recordings, numbers and calls, its
// place in the tree, and who may log in. Users may always change themselves, except their rights (checkUser).
func (x *exchange) reserved() bool {
	switch x.route.Resource {
	case "api_key", "auth_keys", "databases", "keys", "modules", "pivot_keys", "recordings", "secrets", "storage":
		return true
	case "accounts":
		return x.route.Method != http.MethodGet
	case "phone_numbers", "channels":
		return x.route.Method != http.MethodGet
	case "users":
		itself := (x.route.Method == http.MethodPost || x.route.Method == http.MethodPatch) &&
			x.id() == x.caller.claims.OwnerID
		return x.route.Method != http.MethodGet && !itself
	}
	return false
}

// token returns the token from the first place where KAZOO looks for one that has it (docs/reference/kazoo.md#tokens).
func (x *exchange) token() string {
	if token := x.request.Header.Get("X-Auth-Token"); token != "" {
		return strings.TrimSpace(token)
	}
	if token, ok := x.param("auth_token"); ok && token != "" {
		return token
	}
	if header := x.request.Header.Get("Authorization"); header != "" {
		return bearer(header)
	}
	header, _ := x.param("authorization")
	return bearer(header)
}

func bearer(header string) string {
	scheme, rest, found := strings.Cut(strings.TrimSpace(header), " ")
	switch {
	case !found:
		return scheme
	case strings.EqualFold(scheme, "Bearer"):
		return strings.TrimSpace(rest)
	default:
		return "-" // another scheme: credentials, but no token
	}
}

// authorise loads the account of the path and decides whether the caller may use the route on it.
func (a *API) authorise(x *exchange) error {
	if x.route.Access == Public {
		return nil
	}
	if !x.caller.admin() && x.reserved() {
		return forbidden()
	}
	switch x.route.Access {
	case AnyAccount:
		return nil
	case SuperduperOnly:
		if !x.caller.account.Superduper() {
			return forbidden()
		}
		return nil
	case SuperduperOf:
		if !x.caller.account.Superduper() {
			return forbidden()
		}
	}
	named := account.ID(x.path["account"])
	own := x.caller.account
	if named == own.ID() {
		x.account = own
		return nil
	}
	// Deleted accounts are looked up too. Below the caller they answer 404, elsewhere 403 like every account there.
	target, err := a.cfg.Accounts.Lookup(x.ctx, named)
	absent := errors.Is(err, datastore.ErrNotFound)
	if err != nil && !absent {
		return err
	}
	if !own.Superduper() && (absent || !target.Below(own.ID())) {
		return forbidden()
	}
	if absent || target.Deleted() {
		return badIdentifier(string(named))
	}
	x.account = target
	return nil
}

// healthy answers as long as the process is alive.
func (a *API) healthy(*exchange) (*answer, error) {
	return &answer{status: http.StatusOK, data: map[string]any{"healthy": true}}, nil
}

// ready reports whether the service can do its work: it reads which account is the master, makes the configured checks,
// and checks the room for stored data.
func (a *API) ready(x *exchange) (*answer, error) {
	if _, err := a.cfg.Accounts.MasterID(x.ctx); err != nil {
		return nil, notReady(err)
	}
	if a.cfg.Ready != nil {
		if err := a.cfg.Ready(x.ctx); err != nil {
			return nil, notReady(err)
		}
	}
	// Functions run and calls are answered even if nothing can be stored. A load balancer of calls asks only for that.
	if a.cfg.Room != nil && x.query.Get("for") != "calls" {
		if err := a.cfg.Room(x.ctx); err != nil {
			f := notReady(err)
			f.data = says("not ready: " + err.Error())
			return nil, f
		}
	}
	data := map[string]any{"ready": true}
	if a.cfg.ReadyDetails != nil {
		maps.Copy(data, a.cfg.ReadyDetails())
	}
	return &answer{status: http.StatusOK, data: data}, nil
}

// notReady explains why the service is not ready. Of a datastore's failure it shows the operation and its subject,
// without addresses, since anybody may ask.
func notReady(err error) *failure {
	data := says("not ready")
	var stored *datastore.Error
	switch {
	case errors.As(err, &stored):
		failed, _ := datastoreFailure(stored, "").data.(map[string]any)
		data = map[string]any{"message": fmt.Sprintf("not ready: %v", failed["message"]), "cause": stored.Subject}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		data = says("not ready: the datastore did not answer in time")
	}
	f := fail(http.StatusServiceUnavailable, "not_ready", data)
	f.cause, f.passing = err, true // asked every few seconds; the fault has its own log line
	return f
}
