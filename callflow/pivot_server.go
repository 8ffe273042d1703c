package callflow

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"callfn/internal/account"
	"callfn/internal/clip"
	"callfn/internal/function"
	"callfn/internal/jsonvalue"
	"callfn/internal/runs"
)

// PivotServer answers KAZOO's pivot module with the flow for a call. It is the other end of the module `pivot`
// (cf_pivot.erl, pivot_call.erl). KAZOO's own callflow application runs that flow in place of the one with the pivot
// node. PivotServer is safe for concurrent use if its parts are.
type PivotServer struct {
	Directory Directory
	Runner    Runner
	Flows     function.FlowValidator // checks stored flows: KAZOO hangs up on a caller whose new flow is invalid
}

// pivotRuns is how many functions may follow one another before a node of another module. KAZOO gives a pivot server
// five seconds (system_config/pivot.request_timeout_ms).
const pivotRuns = 10

// PivotRequest is the request of one pivot node.
type PivotRequest struct {
	Account  account.ID        // the call's account; never taken from Params
	Params   map[string]string // from PivotForm or PivotJSON: what functions see
	TimeZone string            // IANA name for functions' Date

	// Address returns the voice_url at which KAZOO can run one function. It replaces function nodes that are deeper in the
	// flow. If it is nil or returns "", such nodes stay as they are.
	Address func(function.ID) string
}

// FunctionFailed reports that a function returned no flow and there was no `_` child to continue at.
type FunctionFailed struct{ Result function.Result }

func (e *FunctionFailed) Error() string {
	text := "the function gave no flow: " + string(e.Result.Outcome)
	if e.Result.Error != nil {
		text += ": " + e.Result.Error.Message
	}
	return text
}

// ErrUnfitFlow reports a flow that KAZOO must not get: it is empty, invalid, too large, or its functions do not come to
// an end.
var ErrUnfitFlow = errors.New("the flow cannot be given to KAZOO")

// ForNumber returns the flow of the callflow that answers the call's number: its Request, else its To. It wraps
// ErrNoCallflow if there is none. KAZOO tells only whose endpoint placed the call (User-ID). A call without User-ID
// counts as a carrier's, so no_match callflows, which usually dial out, do not answer it
// (docs/reference/kazoo.md#finding-the-callflow). The account's preflow is not run, because KAZOO ran its own before
// the pivot node.
func (p *PivotServer) ForNumber(ctx context.Context, r PivotRequest) (Node, error) {
	number := ParseURI(cmp.Or(r.Params["Request"], r.Params["To"])).User
	if number == noUser {
		return Node{}, fmt.Errorf("the call names no number: %w", ErrNoCallflow)
	}
	match, err := Lookup(ctx, p.Directory, r.Account, number)
	if err != nil {
		return Node{}, err
	}
	call := &Call{Account: r.Account, Request: URI{User: number}}
	call.setChannelVar("Authorizing-Type", "resource")
	if onNet(r.Params) {
		call.setChannelVar("Authorizing-Type", "user")
	}
	if ok, why := eligible(call, match); !ok {
		return Node{}, fmt.Errorf("%s: %w", why, ErrNoCallflow)
	}
	flow, fields := p.Flows.ValidateFlow(match.Flow.Members)
	if len(fields) > 0 {
		return Node{}, fmt.Errorf("callflow %s: look at %s: %w", match.ID, firstKey(fields), ErrUnfitFlow)
	}
	return p.resolve(ctx, r, Node{jsonvalue.Object{Members: flow, Order: match.Flow.Order}})
}

// ForFunction returns the flow of one function.
func (p *PivotServer) ForFunction(ctx context.Context, r PivotRequest, id function.ID) (Node, error) {
	return p.resolve(ctx, r, NodeOf(map[string]any{"module": "function", "data": map[string]any{"id": string(id)}}))
}

func onNet(params map[string]string) bool {
	return params["User-ID"] != "" || params["User-ID[0]"] != ""
}

// resolve runs the functions at the beginning of a flow as the executor would. It branches to a returned flow, and the
// node's `_` child waits behind it. A function that returns none leads to the node's `_` child. What waits is then
// appended wherever the flow ends, because in KAZOO the flow of a pivot server replaces the rest of the callflow.
func (p *PivotServer) resolve(ctx context.Context, r PivotRequest, flow Node) (Node, error) {
	var waiting []Node
	var failed error
	for count := 0; ; {
		if flow.Empty() { // nothing here: continue with what waits
			if len(waiting) == 0 {
				return Node{}, cmp.Or(failed, fmt.Errorf("it is empty: %w", ErrUnfitFlow))
			}
			flow, waiting = waiting[len(waiting)-1], waiting[:len(waiting)-1]
			continue
		}
		if flow.Module() != "function" {
			return compose(flow, waiting, r.Address)
		}
		child, _ := flow.Child(Wildcard)
		if flow.Data().True("skip_module") {
			flow = child
			continue
		}
		if count++; count > pivotRuns {
			return Node{}, fmt.Errorf("it begins with more than %d functions, one after the other: %w", pivotRuns, ErrUnfitFlow)
		}
		result := p.run(ctx, r, function.ID(flow.Data().String("id")))
		if result.Outcome != runs.OK || result.Flow == nil {
			flow, failed = child, &FunctionFailed{Result: result}
			continue
		}
		if !child.Empty() {
			waiting = append(waiting, child)
		}
		flow = returned(result)
	}
}

func (p *PivotServer) run(ctx context.Context, r PivotRequest, id function.ID) function.Result {
	if id == "" {
		return function.Result{Outcome: runs.NotFound, Error: function.NewError("the node names no function", "")}
	}
	return p.Runner.Run(ctx, function.Request{
		Account: r.Account, Function: id, CallID: clip.Text(r.Params["Call-ID"], maxText),
		Params: r.Params, TimeZone: r.TimeZone, Origin: function.FromCall,
	})
}
