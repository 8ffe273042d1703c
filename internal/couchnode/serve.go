package couchnode

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
)

// request is one HTTP request that the node is answering.
type request struct {
	*Node
	w      *response
	r      *http.Request
	ctx    context.Context
	method string   // GET for a HEAD request
	parts  []string // the path, split at slashes, unescaped
	query  params
	db     *database // set when the path names an existing one
}

// response records whether an answer has begun: an error after that can only abort the connection.
type response struct {
	http.ResponseWriter
	started bool
}

func (w *response) WriteHeader(status int) {
	w.started = true
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(b []byte) (int, error) {
	w.started = true
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController find the real writer.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// ServeHTTP answers like a CouchDB whose client is an administrator. Put Public before it on a socket.
func (n *Node) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	if n.aborted.Err() == nil { // a closed node still answers that it is closed
		defer context.AfterFunc(n.aborted, cancel)()
	}
	n.answer(ctx, rw, r)
}

// answer is ServeHTTP with a context that ends with the client's and when Close has waited long enough.
func (n *Node) answer(ctx context.Context, rw http.ResponseWriter, r *http.Request) {
	rq := &request{Node: n, w: &response{ResponseWriter: rw}, r: r, ctx: ctx, method: r.Method}
	if !n.enter() {
		rq.fail(errClosing)
		return
	}
	defer n.requests.Done()
	defer rq.recover()
	if err := rq.serve(); err != nil {
		rq.fail(err)
	}
}

// recover turns a panic into a 500, or aborts the connection if the answer has begun.
func (rq *request) recover() {
	p := recover()
	if p == nil {
		return
	}
	if p != http.ErrAbortHandler {
		rq.opts.Logger.Error("couchnode: request panicked", slog.String("method", rq.method), slog.Any("panic", p),
			slog.String("stack", string(debug.Stack())))
		if !rq.w.started {
			rq.send(http.StatusInternalServerError, errorBody("internal_server_error", "the node failed; its log says more"))
			return
		}
	}
	panic(http.ErrAbortHandler)
}

func (rq *request) serve() error {
	path := rq.r.URL.EscapedPath()
	if !wellEscaped(path) || !wellEscaped(rq.r.URL.RawQuery) {
		return badRequest("invalid_url_encoding")
	}
	rq.parts = splitPath(path)
	rq.query = parseParams(rq.r.URL.RawQuery)
	if rq.method == http.MethodHead {
		rq.method = http.MethodGet
	}
	if len(rq.parts) == 0 {
		return rq.welcome()
	}
	if handle := serverHandler(rq.parts[0]); handle != nil {
		return handle(rq)
	}
	if len(rq.parts) == 1 && rq.method == http.MethodPut {
		return rq.putDatabase()
	}
	db, err := rq.database(rq.parts[0])
	if err != nil {
		return err
	}
	rq.db = db
	if len(rq.parts) == 1 {
		return rq.serveDatabase()
	}
	if handle := databaseHandler(rq.parts[1]); handle != nil {
		return handle(rq)
	}
	return rq.serveDocument()
}

// fail answers with an error, or aborts the connection if the answer has begun.
func (rq *request) fail(err error) {
	var (
		refused *apiError
		engine  *EngineError
		corrupt *CorruptError
	)
	switch {
	case errors.As(err, &refused):
	case errors.As(err, &engine):
		refused = engine.apiError()
	case errors.As(err, &corrupt):
		refused = rq.corrupt(*corrupt)
	case noRoom(err):
		rq.opts.Logger.Error("couchnode: cannot write: the disk is full", slog.String("file", rq.file.Path()))
		refused = refuse(http.StatusInsufficientStorage, "insufficient_storage", "the disk of this node is full")
	case rq.ctx.Err() != nil:
		refused = refuse(http.StatusInternalServerError, "timeout",
			"The request could not be processed in a reasonable amount of time.")
	default:
		rq.opts.Logger.Error("couchnode: request failed", slog.String("method", rq.method), slog.Any("error", err))
		refused = refuse(http.StatusInternalServerError, "internal_server_error", "the node failed; its log says more")
	}
	if rq.w.started {
		panic(http.ErrAbortHandler)
	}
	if refused.allow != "" {
		rq.w.Header().Set("Allow", refused.allow)
	}
	rq.send(refused.status, errorBody(refused.word, refused.reason))
}

// corrupt logs what is damaged and answers with the error.
func (rq *request) corrupt(e CorruptError) *apiError {
	if e.Database == "" && rq.db != nil {
		e.Database = rq.db.name
	}
	rq.opts.Logger.Error("couchnode: "+e.what()+" is damaged on disk", slog.String("database", e.Database),
		slog.String("document", e.Document), slog.Any("error", e.Cause))
	return refuse(http.StatusInternalServerError, "damaged", e.Error())
}

// allow answers 405 unless the method is one of a comma-separated list, which is CouchDB's Allow header.
func (rq *request) allow(methods string) error {
	for m := range strings.SplitSeq(methods, ",") {
		if m == rq.method {
			return nil
		}
	}
	return methodNotAllowed(methods)
}
