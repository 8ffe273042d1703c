package calls

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/numbers"
)

// Accounts is what a Handler asks about accounts. account.Store implements it.
type Accounts interface {
	Get(ctx context.Context, id account.ID) (account.Account, error)
	ByRealm(ctx context.Context, realm string) (account.Account, error)
	TimeZone(ctx context.Context, a account.Account) (string, error)
}

// Handler carries out calls from switches. It is safe for concurrent use.
type Handler struct {
	Executor  *callflow.Executor
	Directory callflow.Directory
	Accounts  Accounts
	Numbers   numbers.Owners
	Registry  *Registry
	Log       *slog.Logger
}

// Incoming is a call as a switch hands it over.
type Incoming struct {
	Call    *callflow.Call // Take finds its account
	Control callflow.Control
	Switch  string // which adapter carries it, such as `sip`
	// Home finds the account whose extensions callers reach who dial an address of this machine instead of an account's
	// realm; nil where nobody does. Only callers who may know extensions get one, such as those on loopback.
	Home func(ctx context.Context, number string) account.ID
}

// patience is how long finding the callflow of a call may take: the caller hears nothing meanwhile.
const patience = 5 * time.Second

// errDisabled means that the account of a call is disabled.
var errDisabled = errors.New("the account is disabled")

// Take carries out a call and returns when it is over. A call that nobody answers gets a SIP response: 404 where the
// number is nobody's or no callflow answers it, 403 where the account is disabled, 503 where that cannot be found out.
func (h *Handler) Take(ctx context.Context, in Incoming) {
	log := h.Log.With("call_id", in.Call.ID, "switch", in.Switch)
	began := h.Registry.now()
	owner, err := h.find(ctx, in)
	if err != nil {
		ended := h.refuse(ctx, in, err, log)
		h.Registry.tell(Record{Channel: describe(in, began), Finished: h.Registry.now(), Ended: ended})
		return
	}
	in.Call.Account = owner.ID()
	if in.Call.Language == "" {
		in.Call.Language = owner.Language()
	}
	markOutside(in.Call)
	ctx, call := h.Registry.Begin(ctx, in)
	log = log.With("account", string(owner.ID()))
	ended := callflow.Ended{ // where the walk panics, which the switch handles
		How: callflow.EndCancelled, Cause: "NORMAL_TEMPORARY_FAILURE", Hint: "callfn failed, its log says where",
	}
	defer func() {
		call.Finish(ended)
		log.Info("call ended", "how", string(ended.How), "cause", ended.Cause)
	}()
	ended = h.walk(ctx, in, owner, call, log)
}

// find finds the account that a call is for: by the realm it was sent to, by its number, or the account at home here.
func (h *Handler) find(ctx context.Context, in Incoming) (account.Account, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	owner, err := h.Accounts.ByRealm(ctx, strings.ToLower(in.Call.Request.Realm))
	if errors.Is(err, datastore.ErrNotFound) {
		var id account.ID
		id, err = h.Numbers.Owner(ctx, in.Call.Request.User)
		if errors.Is(err, numbers.ErrUnassigned) && in.Home != nil {
			id, err = in.Home(ctx, in.Call.Request.User), nil
		}
		if err == nil {
			owner, err = h.Accounts.Get(ctx, id)
		}
	}
	if err == nil && !owner.Enabled() {
		return owner, errDisabled
	}
	return owner, err
}

// markOutside makes a call one from outside, unless the switch knows which of the account's endpoints placed it: what
// the account's own phones may do, such as dialling out by a no_match callflow, strangers may not.
func markOutside(c *callflow.Call) {
	if c.AuthorizingType() != "" {
		return
	}
	if c.ChannelVars == nil {
		c.ChannelVars = map[string]any{}
	}
	c.ChannelVars["Authorizing-Type"], c.ChannelVars["Inception"] = "resource", c.Request.User
}

// walk finds the callflow and walks it.
func (h *Handler) walk(ctx context.Context, in Incoming, owner account.Account, call *Call,
	log *slog.Logger,
) callflow.Ended {
	finding, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	match, err := callflow.Answer(finding, h.Directory, in.Call)
	if err != nil {
		return h.refuse(ctx, in, err, log)
	}
	zone, err := h.Accounts.TimeZone(finding, owner)
	if err != nil {
		return h.refuse(ctx, in, err, log)
	}
	call.Found(match.Found())
	log.Info("callflow answers", "callflow", string(match.ID))
	return h.Executor.Run(ctx, callflow.Walk{
		Call: in.Call, Flow: match.Flow.After(callflow.ID(owner.Preflow())), Switch: call.Control(),
		Origin: function.FromCall, TimeZone: zone, Began: call.began, Enter: call.Enter, Observe: call.Observe,
	})
}

// refuse gives a call that nobody answers its response.
func (h *Handler) refuse(ctx context.Context, in Incoming, why error, log *slog.Logger) callflow.Ended {
	response := callflow.Response{Code: 503, Message: "Service Unavailable"}
	switch { // a reason may have the number, which stays out of the log
	case errors.Is(why, numbers.ErrUnassigned), errors.Is(why, datastore.ErrNotFound):
		response = callflow.Response{Code: 404, Message: "Not Found"}
		log.Info("refused call", "reason", "the number is assigned to no account")
	case errors.Is(why, callflow.ErrNoCallflow):
		response = callflow.Response{Code: 404, Message: "Not Found"}
		log.Info("refused call", "reason", "no callflow answers the number")
	case errors.Is(why, errDisabled):
		response = callflow.Response{Code: 403, Message: "Forbidden"}
		log.Info("refused call", "reason", "the account is disabled")
	default:
		log.Error("cannot find the callflow of a call", "error", why)
	}
	ended := callflow.Ended{How: callflow.EndNoCallflow, Cause: response.Message, Hint: why.Error()}
	if err := in.Control.Respond(context.WithoutCancel(ctx), response); err != nil {
		if gone, over := in.Control.Gone(); over {
			return gone
		}
		ended.Hint += "; the switch says: " + err.Error()
	}
	return ended
}
