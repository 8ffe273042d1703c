package crossbar

import (
	"context"
	"errors"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"time"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/auth"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/function/params"
	"callfn/internal/jsonvalue"
	"callfn/internal/runs"
)

// PivotServer answers the requests of KAZOO's pivot module with flows. callflow.PivotServer implements it.
type PivotServer interface {
	ForNumber(context.Context, callflow.PivotRequest) (callflow.Node, error)
	ForFunction(context.Context, callflow.PivotRequest, function.ID) (callflow.Node, error)
}

// pivotTimeout is less than the 5 s that KAZOO waits for a pivot server. KAZOO's pivot does not report a late one to
// the callflow, and the caller waits ten seconds in all (pivot_call.erl, cf_pivot.erl).
const pivotTimeout = 4500 * time.Millisecond

// pivotBody bounds the body of a pivot request, in bytes.
const pivotBody = 1 << 20

// pivotRoutes returns the endpoints for KAZOO's pivot, and the routes of their keys.
func (a *API) pivotRoutes() []Route {
	keys := a.pivotKeys()
	numbers, one := underAccount+"/pivot", underAccount+"/functions/:id/pivot"
	return []Route{
		{http.MethodGet, numbers, "pivot", InvokeKey, false, a.pivotNumber},
		{http.MethodPost, numbers, "pivot", InvokeKey, false, a.pivotNumber},
		{http.MethodGet, one, "pivot", InvokeKey, false, a.pivotFunction},
		{http.MethodPost, one, "pivot", InvokeKey, false, a.pivotFunction},
		{http.MethodGet, numbers + "/keys", "pivot_keys", Subtree, false, keys.list},
		{http.MethodPut, numbers + "/keys", "pivot_keys", Subtree, true, a.createPivotKey},
		{http.MethodGet, numbers + "/keys/:id", "pivot_keys", Subtree, false, keys.show},
		{http.MethodDelete, numbers + "/keys/:id", "pivot_keys", Subtree, false, a.revokePivotKey},
	}
}

// pivotNumber answers with the flow of the callflow that has the call's number.
func (a *API) pivotNumber(x *exchange) (*answer, error) {
	return a.pivot(x, auth.Endpoint{Account: account.ID(x.path["account"])},
		func(ctx context.Context, r callflow.PivotRequest) (callflow.Node, error) {
			return a.cfg.Pivot.ForNumber(ctx, r)
		})
}

// pivotFunction answers with the flow that one function returns.
func (a *API) pivotFunction(x *exchange) (*answer, error) {
	return a.pivot(x, auth.Endpoint{Account: account.ID(x.path["account"]), Function: x.id()},
		func(ctx context.Context, r callflow.PivotRequest) (callflow.Node, error) {
			return a.cfg.Pivot.ForFunction(ctx, r, function.ID(x.id()))
		})
}

// pivot answers a pivot node's request: it checks the key, reads the parameters, and answers the bare flow with status
// 200.
//
// On any other status but 206 KAZOO's pivot reports a failure to the callflow, which continues at the pivot node's `_`
// child. An invalid flow with 200 makes it hang up (pivot_call.erl, kzt_translator.erl). So a failure is never a 200,
// nor a redirection or a 503 with Retry-After, which KAZOO's HTTP client follows by itself (httpc).
func (a *API) pivot(x *exchange, e auth.Endpoint, flow func(context.Context, callflow.PivotRequest) (callflow.Node,
	error),
) (*answer, error) {
	ctx, cancel := context.WithTimeout(x.ctx, pivotTimeout)
	defer cancel()
	x.ctx = ctx
	key, err := a.admit(x, a.pivotKeys(), e, x.presentedKey())
	if err != nil {
		return nil, err
	}
	told, err := pivotParams(x.request, x.query)
	if err != nil {
		return nil, err
	}
	node, err := flow(ctx, callflow.PivotRequest{
		Account: e.Account, Params: told, TimeZone: key.zone,
		Address: a.ticketed(e.Account, key),
	})
	if err != nil {
		return nil, pivotFailure(err)
	}
	return &answer{raw: node}, nil
}

// pivotParams reads the call's parameters from the query string and a body that is a form or JSON; the body takes
// precedence. The key is left out.
func pivotParams(r *http.Request, query url.Values) (map[string]string, error) {
	query = maps.Clone(query)
	query.Del(keyParameter)
	raw, failed := readAtMost(r, pivotBody)
	if failed != nil {
		return nil, failed
	}
	var structured map[string]any
	if len(raw) > 0 {
		switch kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind {
		case "application/x-www-form-urlencoded":
			form, _ := url.ParseQuery(string(raw)) // pairs that cannot be parsed are left out
			for name, values := range form {
				query[name] = append(query[name], values...)
			}
		case "application/json", "application/x-json":
			value, err := jsonvalue.Decode(raw, jsonvalue.Limits{Bytes: pivotBody})
			if err != nil {
				return nil, unreadable(raw, err)
			}
			var ok bool
			if structured, ok = value.(map[string]any); !ok {
				return nil, fail(http.StatusBadRequest, "parse_error", says("send a JSON object, as KAZOO's pivot does"))
			}
		default:
			return nil, unsupportedType(r.Header.Get("Content-Type"))
		}
	}
	told, err := callflow.PivotForm(query)
	if err == nil && structured != nil {
		var body map[string]string
		body, err = callflow.PivotJSON(structured)
		maps.Copy(told, body)
	}
	if err != nil {
		return nil, fail(http.StatusRequestEntityTooLarge, "too_large", map[string]any{
			"message": err.Error(),
			"target":  params.MaxBytes,
		})
	}
	return told, nil
}

// ticketLife is how long a call may request a function deeper in its flow.
const ticketLife = 24 * time.Hour

// ticketed returns the addresses of functions deeper in a flow, each with a ticket made from the request's key; nil
// without a public URL.
func (a *API) ticketed(id account.ID, key invokeKey) func(function.ID) string {
	if a.cfg.PublicURL == "" {
		return nil
	}
	return func(f function.ID) string {
		if !datastore.ValidID(string(f)) {
			return ""
		}
		e := auth.Endpoint{Account: id, Function: string(f)}
		return a.cfg.PublicURL + pivotPath(e) + "?" + keyParameter + "=" + a.cfg.Auth.InvokeTicket(e, key.id, key.hash,
			a.cfg.Now().Add(ticketLife))
	}
}

// pivotPath returns the path of an endpoint.
func pivotPath(e auth.Endpoint) string {
	path := "/v2/accounts/" + string(e.Account)
	if e.Function != "" {
		path += "/functions/" + e.Function
	}
	return path + "/pivot"
}

// pivotFailure answers why there is no flow. KAZOO's pivot debug log shows it.
func pivotFailure(err error) error {
	var failed *callflow.FunctionFailed
	switch {
	case errors.As(err, &failed):
		shown := runData(failed.Result)
		for _, name := range []string{"result", "flow", "logs"} {
			delete(shown, name) // in the run's record
		}
		f := fail(outcomeStatus(failed.Result.Outcome), "function_failed", shown)
		f.passing = true // the run has its own log line
		return f
	case errors.Is(err, callflow.ErrNoCallflow):
		return fail(http.StatusNotFound, "no_callflow", says("no callflow of this account answers this number"))
	case errors.Is(err, callflow.ErrUnfitFlow):
		f := fail(http.StatusBadGateway, "invalid_flow", says(err.Error()))
		f.passing = true
		return f
	}
	return err
}

// outcomeStatus maps a run's outcome to a status; KAZOO treats them alike.
func outcomeStatus(o runs.Outcome) int {
	switch o {
	case runs.NotFound:
		return http.StatusNotFound
	case runs.Disabled:
		return http.StatusConflict
	case runs.Refused, runs.EngineDown:
		return http.StatusServiceUnavailable
	case runs.Timeout:
		return http.StatusGatewayTimeout
	}
	return http.StatusBadGateway
}
