package queryserver

import (
	"callfn/internal/bindings"
	"callfn/internal/hostcall"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
)

// NoBindings is what the show `wh` says of a function that declares bindings and that was asked for over the wire,
// whoever asks: on any CouchDB, on the embedded node's socket, and in `callfn queryserver` (lib/refusal.js has the same
// words). Grants are Go values of the process that runs functions; no request can have any.
const NoBindings = "the function declares bindings, and only callfn itself runs such functions, in its own processes"

// grant gives a job what the document declares, or says why that cannot be. The host is nil for a function without
// bindings.
func (d Document) grant(j *sandbox.Job, calls *hostcall.Calls, req Request, t runs.Terms) (*hostcall.Run,
	*runs.Failure, error,
) {
	if !d.Declares() {
		return nil, nil, nil
	}
	declared, err := bindings.Parse(d.fields.bindings)
	if err != nil {
		return nil, &runs.Failure{
			Message: "the function declares bindings that cannot be read: " + err.Error(),
			Hint:    "save the function with bindings that callfn knows",
		}, nil
	}
	if err := calls.Check(declared); err != nil {
		return nil, &runs.Failure{Message: err.Error(), Hint: "tell whoever runs callfn"}, nil
	}
	host, surface, err := calls.ForRun(t, declared, req.query)
	if err != nil {
		return nil, nil, err
	}
	j.Host, j.Bindings, j.Waits = host, surface, calls.Waits(declared)
	return host, nil, nil
}
