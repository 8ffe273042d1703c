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

// PivotServer gives calls that KAZOO's pivot module asks about their flow. callflow.PivotServer satisfies it.
type PivotServer interface {
	ForNumber(context.Context, callflow.PivotRequest) (callflow.Node, error)
	ForFunction(context.Context, callflow.PivotRequest, function.ID) (callflow.Node, error)
}

// pivotTimeout is less than the 5 s that KAZOO gives a pivot server: of one that is late KAZOO's pivot says nothing to
// the callflow, and the caller waits ten seconds in all (pivot_call.erl, cf_pivot.erl).
const pivotTimeout = 4500 * time.Millisecond

// pivotBody bounds what a pivot node may send, in bytes.
const pivotBody = 1 << 20

// pivotRoutes are the endpoints that KAZOO's pivot asks, and their keys.
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

// pivot is the road of a pivot node's request: its key, its parameters, the flow. The answer is the bare flow, with
// status 200. Of every other status but 206 KAZOO's pivot tells the callflow that it failed, which then goes on at the
// pivot node's `_` child; of a 200 that is no valid flow it tells that it works, and hangs up (pivot_call.erl,
// kzt_translator.erl). So a failure is never a 200, nor a redirection, nor a 503 with Retry-After: the latter KAZOO's
// HTTP client follows and waits for by itself (httpc).
func (a *API) pivot(x *exchange, e auth.Endpoint, flow func(context.Context, callflow.PivotRequest) (callflow.Node,
	error),
) (*answer, error) {
	ctx, cancel := context.WithTimeout(x.ctx, pivotTimeout)
	defer cancel()
	x.ctx = ctx
	key, err := a.admit(x, e)
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

// pivotParams reads what the node tells, in the query string, in a form or as JSON; what stands in the body counts. The
// key is none of it.
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
			form, _ := url.ParseQuery(string(raw)) // what cannot be parsed is not there
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

// ticketLife is how long a function deeper in a flow may be asked for: longer than any call should wait.
const ticketLife = 24 * time.Hour

// ticketed gives the addresses of functions deeper in a flow, each with a ticket of the key that the flow was got with;
// nil without a public URL, when there is no address to give.
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

// pivotPath is the path of an endpoint.
func pivotPath(e auth.Endpoint) string {
	path := "/v2/accounts/" + string(e.Account)
	if e.Function != "" {
		path += "/functions/" + e.Function
	}
	return path + "/pivot"
}

// pivotFailure says why there is no flow, for whoever looks into KAZOO's pivot debug log.
func pivotFailure(err error) error {
	var failed *callflow.FunctionFailed
	switch {
	case errors.As(err, &failed):
		shown := runData(failed.Result)
		for _, name := range []string{"result", "flow", "logs"} {
			delete(shown, name) // the run's record has them
		}
		f := fail(outcomeStatus(failed.Result.Outcome), "function_failed", shown)
		f.passing = true // the run's own line says what is whose fault
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

// outcomeStatus is the status that tells a run's outcome to who looks at statuses only; KAZOO treats them all alike.
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
