package couchnode

import (
	"net/http"
	"strconv"
)

// A list is produced in portions: one transaction fills a buffer, and the buffer is sent with no transaction open. So a
// slow reader does not hold the file's pages. A list that fits one portion is a snapshot.
const portionBytes = 256 << 10

// rowWriter writes {"total_rows":…,"rows":[ … ]} incrementally.
type rowWriter struct {
	rq    *request
	buf   []byte
	began bool
	rows  int
}

// row starts the next row. The caller appends the row to buf.
func (w *rowWriter) row() {
	if w.rows > 0 {
		w.buf = append(w.buf, ',')
	}
	w.buf = append(w.buf, "\r\n"...)
	w.rows++
}

// full reports that the buffer must be flushed.
func (w *rowWriter) full() bool { return len(w.buf) >= portionBytes }

// flush sends the buffer. It must not be called inside a transaction.
func (w *rowWriter) flush() error {
	if !w.began {
		w.began = true
		h := w.rq.w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Cache-Control", "must-revalidate")
		w.rq.w.WriteHeader(http.StatusOK)
	}
	var err error
	if w.rq.r.Method != http.MethodHead {
		_, err = w.rq.w.Write(w.buf)
	}
	w.buf = w.buf[:0]
	if err == nil {
		err = w.rq.ctx.Err()
	}
	return err
}

// end sends the rest.
func (w *rowWriter) end(tail string) error {
	w.buf = append(w.buf, tail...)
	if !w.began {
		w.rq.w.Header().Set("Content-Length", strconv.Itoa(len(w.buf)))
	}
	return w.flush()
}
