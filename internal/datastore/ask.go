package datastore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Ask sends a request for which the driver has no method (security, configuration, users) and decodes the JSON answer
// into out, which may be nil. path is escaped, begins with "/" and may have a query. in is sent as JSON unless it is
// nil. Ask reads answers of up to 1 MiB. Any status but 2xx gives an Error of the matching kind; 404 gives ErrNotFound.
func (c *Connection) Ask(ctx context.Context, method, path string, in, out any) error {
	ctx, cancel := c.bound(ctx)
	defer cancel()
	return c.exchange(ctx, method, path, in, out, 1<<20)
}

// exchange is Ask with a given limit on the answer, in bytes, and without a timeout of its own. It sends a
// json.RawMessage as it is.
func (c *Connection) exchange(ctx context.Context, method, path string, in, out any, limit int64) error {
	var body io.Reader
	header := http.Header{"Accept": {"application/json"}}
	if in != nil {
		raw, given := in.(json.RawMessage)
		if !given {
			var err error
			if raw, err = json.Marshal(in); err != nil {
				return &Error{Op: method, Subject: path, Kind: ErrInvalid, Cause: err}
			}
		}
		body = bytes.NewReader(raw)
		header.Set("Content-Type", "application/json")
	}
	resp, err := c.Raw(ctx, method, path, "", header, body)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return &Error{Op: method, Subject: path, Kind: ErrUnreachable, Cause: withoutURL(err)}
	}
	if int64(len(raw)) > limit {
		return &Error{Op: method, Subject: path, Kind: ErrTooLarge, Cause: fmt.Errorf("the answer has more than %d MiB",
			limit>>20)}
	}
	if resp.StatusCode/100 != 2 {
		return fail(method, path, ErrNotFound, refusal(resp.StatusCode, raw))
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return &Error{Op: method, Subject: path, Kind: ErrFault, Cause: fmt.Errorf("the answer is not JSON: %w", err)}
	}
	return nil
}

// statusError is an error with a status, which kindOf reads as it reads the driver's.
type statusError struct {
	error
	status int
}

func (e statusError) HTTPStatus() int { return e.status }

func refusal(status int, body []byte) error {
	var b struct{ Error, Reason string }
	if json.Unmarshal(body, &b) != nil || b.Error == "" {
		return statusError{fmt.Errorf("status %d without a reason", status), status}
	}
	if len(b.Reason) > 300 {
		b.Reason = b.Reason[:300]
	}
	return statusError{errors.New(b.Error + ": " + b.Reason), status}
}
