package queryserver

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"callfn/internal/couchnode"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/strictjson"
	"callfn/internal/textline"
)

// maxLine bounds one line of the protocol: a document, a request and what JSON adds.
const maxLine = 64 << 20

// Server speaks CouchDB's query server protocol. One Server serves one parent, one line at a time.
type Server struct {
	eval   Evaluator
	limits sandbox.Limits
	ddocs  map[string]designDoc
	funs   []string // the map functions since the last reset
	cap    time.Duration
}

// designDoc is the part of a design document that the server evaluates.
type designDoc struct {
	Shows    map[string]string `json:"shows"`
	Validate string            `json:"validate_doc_update"`
}

// NewServer makes a server that evaluates on eval within limits.
func NewServer(eval Evaluator, limits sandbox.Limits) *Server {
	return &Server{eval: eval, limits: limits, ddocs: map[string]designDoc{}}
}

// Serve answers line after line until in ends (nil) or cannot be read or written.
func (s *Server) Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	r := bufio.NewReaderSize(in, 64<<10)
	for {
		line, err := textline.Read(r, maxLine)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("queryserver: read: %w", err)
		}
		if _, err := out.Write(append(s.Answer(ctx, bytes.TrimSuffix(line, []byte("\n"))), '\n')); err != nil {
			return fmt.Errorf("queryserver: write: %w", err)
		}
	}
}

// Answer answers one line. An ["error", …] makes CouchDB throw this process away; it stands only where the parent broke
// the protocol or asks for what this server does not do.
func (s *Server) Answer(ctx context.Context, line []byte) []byte {
	var name string
	cmd, isList := list(line)
	if !isList || len(cmd) == 0 || json.Unmarshal(cmd[0], &name) != nil {
		return protocolError("query_protocol_error", "a line that is no command")
	}
	switch name {
	case "reset":
		return s.reset(cmd[1:])
	case "ddoc":
		return s.ddoc(ctx, cmd[1:])
	case "add_lib":
		return []byte("true") // our own views need no library
	case "add_fun":
		return s.addFun(cmd[1:])
	case "map_doc":
		return s.mapDoc(ctx, cmd[1:])
	}
	return protocolError("unknown_command", "the callfn query server has no command "+name)
}

// list takes a line apart.
func list(line []byte) (elements []json.RawMessage, ok bool) {
	compact, err := compacted(line)
	if err != nil {
		return nil, false
	}
	return elementsOf(compact)
}

// elementsOf are the elements of what is compact JSON, if it is an array.
func elementsOf(compact []byte) (elements []json.RawMessage, ok bool) {
	if strictjson.KindOf(compact) != strictjson.Array {
		return nil, false
	}
	for _, e := range strictjson.Elements(compact) {
		elements = append(elements, slices.Clip(e))
	}
	return elements, true
}

func protocolError(word, reason string) []byte {
	b, err := json.Marshal([]string{"error", word, reason})
	if err != nil { // strings: cannot happen
		return []byte(`["error","internal","unprintable"]`)
	}
	return b
}

// reset forgets the map functions and takes CouchDB's timeout: ["reset", {"timeout": ms}].
func (s *Server) reset(args []json.RawMessage) []byte {
	s.funs, s.cap = nil, 0
	if len(args) > 0 {
		var cfg struct {
			Timeout float64 `json:"timeout"`
		}
		if json.Unmarshal(args[0], &cfg) == nil && cfg.Timeout > 0 {
			s.cap = max(time.Duration(cfg.Timeout)*time.Millisecond-runs.CouchDBMargin, runs.LeastDeadline)
		}
	}
	return []byte("true")
}

// ddoc keeps a design document (["ddoc", "new", id, doc]) or runs a function of one (["ddoc", id, ["shows", name],
// [doc, req]]).
func (s *Server) ddoc(ctx context.Context, args []json.RawMessage) []byte {
	var id string
	if len(args) != 3 || json.Unmarshal(args[0], &id) != nil {
		return protocolError("query_protocol_error", "a malformed ddoc command")
	}
	if id == "new" {
		var d designDoc
		if json.Unmarshal(args[1], &id) != nil || json.Unmarshal(args[2], &d) != nil {
			return protocolError("query_protocol_error", "a malformed design document")
		}
		s.ddocs[id] = d
		return []byte("true")
	}
	var path []string
	d, known := s.ddocs[id]
	call, isList := elementsOf(args[2])
	if !known || json.Unmarshal(args[1], &path) != nil || !isList {
		return protocolError("query_protocol_error", "an unknown design document, or a malformed call of it: "+id)
	}
	switch {
	case len(path) == 2 && path[0] == "shows" && len(call) == 2:
		return s.show(ctx, d, path[1], call[0], call[1])
	case len(path) == 1 && path[0] == "validate_doc_update" && len(call) == 4:
		return s.validate(ctx, d, call)
	}
	return protocolError("not_supported", "the callfn query server runs shows, maps and validate_doc_update only")
}

// validate answers 1 where the edit may pass, else an object of what was thrown.
func (s *Server) validate(ctx context.Context, d designDoc, call []json.RawMessage) []byte {
	refusals, err := Validate(ctx, s.eval, d.Validate, call[2], call[3], []couchnode.Edit{{New: call[0], Old: call[1]}})
	switch {
	case err != nil:
		return protocolError("callfn_error", err.Error())
	case refusals[0] == nil:
		return []byte("1")
	}
	return []byte(`{"` + jsonSafe(refusals[0].Word) + `":"` + jsonSafe(refusals[0].Reason) + `"}`)
}

func (s *Server) show(ctx context.Context, d designDoc, name string, doc, req json.RawMessage) []byte {
	source, ok := d.Shows[name]
	if !ok {
		return respond(json.RawMessage(`{"code":404,"json":{"error":"not_found","reason":"missing json key: ` +
			jsonSafe(name) + `"}}`))
	}
	if s.cap > 0 { // a line without answer costs CouchDB this process: refuse rather than wait too long for a worker
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.cap+runs.CouchDBAnswer)
		defer cancel()
	}
	resp, err := show(ctx, s.eval, source, doc, req, s.jobLimits())
	if errors.Is(err, context.DeadlineExceeded) {
		resp, err = refuse(http.StatusServiceUnavailable, errors.New("no worker was free in CouchDB's time"))
	}
	if err != nil {
		return protocolError("callfn_error", err.Error())
	}
	return respond(resp)
}

// jsonSafe is a name inside a JSON string.
func jsonSafe(name string) string {
	b, _ := json.Marshal(name)
	return string(b[1 : len(b)-1])
}

func respond(resp json.RawMessage) []byte {
	out := make([]byte, 0, len(resp)+10)
	return append(append(append(out, `["resp",`...), resp...), ']')
}

func (s *Server) addFun(args []json.RawMessage) []byte {
	var source string
	if len(args) < 1 || json.Unmarshal(args[0], &source) != nil {
		return protocolError("query_protocol_error", "a malformed add_fun command")
	}
	s.funs = append(s.funs, source)
	return []byte("true")
}

func (s *Server) mapDoc(ctx context.Context, args []json.RawMessage) []byte {
	if len(args) < 1 {
		return protocolError("query_protocol_error", "a malformed map_doc command")
	}
	docs := append(append([]byte{'['}, args[0]...), ']')
	rows, err := Map(ctx, s.eval, s.funs, docs, s.jobLimits())
	if err != nil {
		return protocolError("map_runtime_error", err.Error())
	}
	return rows[1 : len(rows)-1] // the one document's
}
