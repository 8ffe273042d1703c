package function

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"callfn/internal/datastore"
)

// ShowDialect asks the show `dialect` on the connection that holds the functions database what its engine does not
// parse. It remembers the answer for a minute: an engine changes with its CouchDB's release.
type ShowDialect struct {
	Database func() (*datastore.Database, error)
	Now      func() time.Time

	mu    sync.Mutex
	lacks []string
	until time.Time
	of    string // the address that answered
}

// Lacks names what the engine lacks. ErrUnreachable and its like when it cannot be asked.
func (d *ShowDialect) Lacks(ctx context.Context) ([]string, error) {
	db, err := d.Database()
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	address := db.Connection().Address() + "/" + db.Name()
	if address == d.of && d.Now().Before(d.until) {
		return d.lacks, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second) // others who save wait for the answer too
	defer cancel()
	lacks, err := ask(ctx, db)
	if err != nil {
		return nil, err
	}
	d.lacks, d.of, d.until = lacks, address, d.Now().Add(time.Minute)
	return lacks, nil
}

// dialectAnswer is what the show answers.
type dialectAnswer struct {
	Lacks *[]string `json:"lacks"`
}

func ask(ctx context.Context, db *datastore.Database) ([]string, error) {
	path := "/" + url.PathEscape(db.Name()) + "/_design/" + url.PathEscape(db.Design(datastore.Functions)) +
		"/_show/dialect"
	resp, err := db.Connection().Raw(ctx, http.MethodGet, path, "", http.Header{"Accept": {"application/json"}}, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", db.Connection().Address(), err)
	}
	var answer dialectAnswer
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the show dialect of %s answered %s", db.Connection().Address(), resp.Status)
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Lacks == nil {
		return nil, fmt.Errorf("the show dialect of %s answered what is no list: %.200q", db.Connection().Address(), body)
	}
	return *answer.Lacks, nil
}
