package crossbar

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strconv"

	"callfn/internal/account"
	"callfn/internal/clip"
	"callfn/internal/datastore"
	"callfn/internal/numbers"
	"callfn/schemas"
)

// phoneNumbers is KAZOO's phone_numbers (cb_phone_numbers.erl): the numbers that an account has. The master account
// assigns and releases them. The account itself sees them and keeps properties with them, as the schema phone_numbers
// has them and others of its own. Operations that need a carrier (searching, buying, porting, emergency addresses) are
// not here.
type phoneNumbers struct {
	table *numbers.Table
	api   *API
}

// numberLimit bounds the properties of a number, in bytes of JSON.
const numberLimit = 16 << 10

func (p phoneNumbers) routes() []Route {
	const all = "/v2/phone_numbers"
	of, one := underAccount+"/phone_numbers", underAccount+"/phone_numbers/:number"
	many := of + "/collection"
	return []Route{
		{http.MethodGet, all, "phone_numbers", SuperduperOnly, false, p.listAll},
		{http.MethodGet, of, "phone_numbers", Subtree, false, p.list},
		{http.MethodPut, many, "phone_numbers", SuperduperOf, true, p.assignMany},
		{http.MethodPost, many, "phone_numbers", Subtree, true, p.replaceMany},
		{http.MethodPatch, many, "phone_numbers", Subtree, true, p.patchMany},
		{http.MethodDelete, many, "phone_numbers", SuperduperOf, true, p.releaseMany},
		{http.MethodPut, many + "/activate", "phone_numbers", SuperduperOf, true, p.moveMany},
		{http.MethodPost, of + "/check", "phone_numbers", Subtree, true, p.check},
		{http.MethodGet, one + "/identify", "phone_numbers", Subtree, false, p.identify},
		{http.MethodGet, one, "phone_numbers", Subtree, false, p.show},
		{http.MethodPut, one, "phone_numbers", SuperduperOf, false, p.assign},
		{http.MethodPut, one + "/activate", "phone_numbers", SuperduperOf, false, p.move},
		{http.MethodPost, one, "phone_numbers", Subtree, true, p.replace},
		{http.MethodPatch, one, "phone_numbers", Subtree, true, p.patch},
		{http.MethodDelete, one, "phone_numbers", SuperduperOf, false, p.release},
	}
}

// assign assigns a free number to the account.
func (p phoneNumbers) assign(x *exchange) (*answer, error) {
	data, fields := p.properties(x.body.data)
	if len(fields) > 0 {
		return nil, invalid(fields)
	}
	n, err := p.assignOne(x, x.path["number"], data)
	if err != nil {
		return nil, err
	}
	out, err := p.answer(x, n)
	if err == nil {
		out.location = x.request.URL.EscapedPath()
	}
	return out, err
}

func (p phoneNumbers) assignOne(x *exchange, number string, data map[string]any) (numbers.Number, error) {
	public := datastore.Document(data).Ordered(x.body.order)
	n, err := p.table.Assign(x.ctx, number, x.account.ID(), public, x.stamp())
	if err != nil {
		return n, numberFailure(err, number)
	}
	p.log(x, "assigned number", n)
	return n, nil
}

// move assigns a number to the account, whoever has it now (KAZOO's activate).
func (p phoneNumbers) move(x *exchange) (*answer, error) {
	n, err := p.moveOne(x, x.path["number"])
	if err != nil {
		return nil, err
	}
	return p.answer(x, n)
}

func (p phoneNumbers) moveOne(x *exchange, number string) (numbers.Number, error) {
	n, err := p.table.Move(x.ctx, number, x.account.ID(), x.stamp())
	if err != nil {
		return n, numberFailure(err, number)
	}
	p.log(x, "moved number", n)
	return n, nil
}

// release takes the number from the account.
func (p phoneNumbers) release(x *exchange) (*answer, error) {
	n, err := p.releaseOne(x, x.path["number"])
	if err != nil {
		return nil, err
	}
	out, err := p.answer(x, n)
	if err == nil {
		out.revision = ""
		markDeleted(out)
	}
	return out, err
}

func (p phoneNumbers) releaseOne(x *exchange, number string) (numbers.Number, error) {
	n, err := p.of(x, number)
	if err != nil {
		return n, err
	}
	if err := p.table.Release(x.ctx, n); err != nil {
		return n, err
	}
	p.log(x, "released number", n)
	n.Document()["pvt_state"] = "available"
	return n, nil
}

func (p phoneNumbers) show(x *exchange) (*answer, error) {
	n, err := p.of(x, x.path["number"])
	if err != nil {
		return nil, err
	}
	return p.answer(x, n)
}

func (p phoneNumbers) replace(x *exchange) (*answer, error) {
	return p.edit(x, replacing)
}

func (p phoneNumbers) patch(x *exchange) (*answer, error) {
	return p.edit(x, patching)
}

// change makes a number's document with other properties of the account's.
type change func(x *exchange, doc datastore.Document, data map[string]any) datastore.Document

func replacing(x *exchange, doc datastore.Document, data map[string]any) datastore.Document {
	return doc.Replace(data).Ordered(x.body.order)
}

func patching(x *exchange, doc datastore.Document, data map[string]any) datastore.Document {
	return doc.Patch(data, x.body.order)
}

// edit changes the properties that the account keeps with a number.
func (p phoneNumbers) edit(x *exchange, c change) (*answer, error) {
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	n, err := p.editOne(x, x.path["number"], writable(data), c)
	if err != nil {
		return nil, err
	}
	return p.answer(x, n)
}

// editOne changes a number. What results is validated, whatever of it the request has.
func (p phoneNumbers) editOne(x *exchange, number string, data map[string]any, c change) (numbers.Number, error) {
	for attempt := 1; ; attempt++ {
		n, err := p.of(x, number)
		if err != nil {
			return n, err
		}
		if err := x.precondition(n.Document().Rev()); err != nil {
			return n, err
		}
		changed := c(x, n.Document(), data)
		completed, fields := p.properties(map[string]any(changed))
		if len(fields) > 0 {
			return n, invalid(fields)
		}
		maps.Copy(changed, completed)
		delete(changed, "create_with_state")
		saved, err := p.table.Update(x.ctx, changed, x.stamp())
		if err == nil {
			return saved, nil
		}
		if err := saveAgain(x, attempt, err); err != nil {
			return n, err
		}
	}
}

// properties returns the public properties of a request or a document, validated. KAZOO's create_with_state names a
// state. Every assigned number has the same one here.
func (p phoneNumbers) properties(from any) (map[string]any, schemas.FieldErrors) {
	data, _ := from.(map[string]any)
	data = datastore.StripPrivate(data)
	value, fields := p.api.cfg.Schemas.Validate("phone_numbers", data)
	if fields == nil {
		fields = schemas.FieldErrors{}
	}
	fields.Merge(checkSize(data, numberLimit))
	if completed, ok := value.(map[string]any); ok && len(fields) == 0 {
		data = completed
	}
	data = writable(data)
	delete(data, "create_with_state")
	return data, fields
}

// writable is data without what the service decides.
func writable(data map[string]any) map[string]any {
	data = maps.Clone(datastore.StripPrivate(data))
	for _, computed := range []string{"state", "used_by", "features"} {
		delete(data, computed)
	}
	return data
}

// of reads a number, if the account has it.
func (p phoneNumbers) of(x *exchange, number string) (numbers.Number, error) {
	n, err := p.table.Of(x.ctx, x.account.ID(), number)
	if err != nil {
		return n, numberFailure(err, number)
	}
	return n, nil
}

func (p phoneNumbers) answer(x *exchange, n numbers.Number) (*answer, error) {
	used := p.used(x, n.Account(), []string{n.Number()})
	return &answer{
		data: shownNumber(n, used[n.Number()]), order: n.Document().Order(), revision: n.Document().Rev(),
	}, nil
}

// shownNumber is a number as answers have it.
func shownNumber(n numbers.Number, used bool) map[string]any {
	shown := public(n.Document())
	readOnly, _ := shown["_read_only"].(map[string]any)
	shown["state"], shown["features"] = n.Document().Text("pvt_state"), []any{}
	readOnly["state"], readOnly["features"] = shown["state"], []any{}
	if used {
		shown["used_by"], readOnly["used_by"] = "callflow", "callflow"
	}
	return shown
}

func (p phoneNumbers) rows(ctx context.Context, q datastore.Query) ([]datastore.Row, error) {
	return p.table.View(ctx, q)
}

// list shows the numbers of the account, by number.
func (p phoneNumbers) list(x *exchange) (*answer, error) {
	l := listing{view: p.rows, docBytes: p.api.cfg.PageBytes, ascending: true}
	return p.read(x, l, func(l listing) (datastore.Query, error) { return l.window(x, string(x.account.ID())) })
}

// listAll shows the numbers of all accounts. (KAZOO searches the carriers' numbers under this path.)
func (p phoneNumbers) listAll(x *exchange) (*answer, error) {
	l := listing{view: p.rows, docBytes: p.api.cfg.PageBytes, ascending: true}
	return p.read(x, l, func(listing) (datastore.Query, error) {
		var q datastore.Query
		if start, ok := x.option("start_key"); ok && start != "" {
			q.StartKey = suffix(start)
		}
		return q, nil
	})
}

// read answers a page of numbers in KAZOO's shape: an object, not a list.
func (p phoneNumbers) read(x *exchange, l listing, window func(listing) (datastore.Query, error)) (*answer, error) {
	q, err := window(l)
	if err != nil {
		return nil, err
	}
	rows, next, paged, err := l.rows(x, q)
	if err != nil {
		return nil, err
	}
	at := &page{size: -1}
	if paged {
		at.size = len(rows)
		if x.account.ID() == "" {
			at.next = cursorOfAll(next)
		} else {
			at.next = cursor(next, nil)
		}
	}
	return &answer{
		data: map[string]any{"cascade_quantity": 0, "numbers": p.items(x, rows)}, page: at, warnings: listingRemarks(x.query),
	}, nil
}

// cursorOfAll returns the cursor of a listing of all accounts: the whole key.
func cursorOfAll(key json.RawMessage) string {
	var parts []json.RawMessage
	if key == nil || json.Unmarshal(key, &parts) != nil {
		return ""
	}
	widened, err := json.Marshal(append([]json.RawMessage{json.RawMessage(`""`)}, parts...))
	if err != nil {
		return ""
	}
	return cursor(widened, nil)
}

// items returns the rows by number.
func (p phoneNumbers) items(x *exchange, rows []datastore.Row) map[string]any {
	byAccount := map[account.ID][]string{}
	for _, row := range rows {
		var key [2]string
		if err := json.Unmarshal(row.Key, &key); err == nil {
			byAccount[account.ID(key[0])] = append(byAccount[account.ID(key[0])], row.ID)
		}
	}
	used := map[string]bool{}
	for id, of := range byAccount {
		maps.Copy(used, p.used(x, id, of))
	}
	shown := make(map[string]any, len(rows))
	for _, row := range rows {
		item := rowValue(row)
		delete(item, "id")
		item["features"] = []any{}
		if used[row.ID] {
			item["used_by"] = "callflow"
		}
		shown[row.ID] = item
	}
	return shown
}

// used finds which numbers are in a callflow of the account. It finds none while the callflows cannot be read, since
// the listing of numbers is useful without it.
func (p phoneNumbers) used(x *exchange, id account.ID, of []string) map[string]bool {
	keys := make([]any, len(of))
	for i, number := range of {
		keys[i] = []any{string(id), number}
	}
	db, err := p.api.cfg.Datastores.Resolve(datastore.Callflows, "")
	var rows []datastore.Row
	if err == nil {
		rows, err = db.View(x.ctx, "callflows", "listing_by_number", datastore.Query{Keys: keys})
	}
	if err != nil {
		p.api.cfg.Log.Warn("cannot look for numbers in callflows", "request_id", x.requestID, "error", err)
	}
	used := map[string]bool{}
	for _, row := range rows {
		var key [2]string
		if err := json.Unmarshal(row.Key, &key); err == nil {
			used[key[1]] = true
		}
	}
	return used
}

// log logs what happened to a number. It is the account's number, not a caller's.
func (p phoneNumbers) log(x *exchange, what string, n numbers.Number) {
	p.api.cfg.Log.Info(what, "request_id", x.requestID, "number", n.Number(), "account", string(n.Account()))
}

// numberFailure returns KAZOO's answers for numbers (knm_errors.erl).
func numberFailure(err error, number string) error {
	var taken *numbers.TakenError
	switch {
	case errors.Is(err, numbers.ErrUnassigned):
		return fail(http.StatusNotFound, "bad_identifier", map[string]any{
			"message": "bad identifier", "not_found": "The number could not be found",
		})
	case errors.Is(err, numbers.ErrMalformed):
		return fail(http.StatusNotFound, "not_reconcilable", map[string]any{
			"code": 404, "error": "not_reconcilable", "cause": clip.Name(number),
			"message": "number " + clip.Name(number) + " is not reconcilable: " + err.Error(),
		})
	case errors.As(err, &taken):
		return fail(http.StatusConflict, "number_exists", map[string]any{
			"code": 409, "error": "number_exists", "cause": taken.Number,
			"message": "number " + taken.Number + " already exists", "assigned_to": string(taken.By),
		})
	}
	return err
}

// unassigned warns of phone numbers in a callflow that are not assigned to its account.
func (a *API) unassigned(x *exchange, doc datastore.Document) []schemas.Warning {
	var warnings []schemas.Warning
	for i, number := range texts(doc["numbers"]) {
		if number = numbers.Normalize(number); !numbers.Phone(number) {
			continue
		}
		_, err := a.numbers.Of(x.ctx, x.account.ID(), number)
		if err == nil {
			continue
		}
		if !errors.Is(err, numbers.ErrUnassigned) {
			a.cfg.Log.Warn("cannot look up a number", "request_id", x.requestID, "error", err)
			return warnings
		}
		warnings = append(warnings, schemas.Warning{
			Path: schemas.Path("numbers", strconv.Itoa(i)),
			Message: number + " is not assigned to this account: it is an extension here, which the account's own phones " +
				"reach; for calls from outside have the master account assign it (callfn numbers assign)",
		})
	}
	return warnings
}
