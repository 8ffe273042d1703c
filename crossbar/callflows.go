package crossbar

import (
	"encoding/json"
	"hash/maphash"
	"strings"
	"sync"

	"callfn/callflow"
	"callfn/internal/datastore"
	"callfn/internal/numbers"
	"callfn/schemas"
)

// callflowLimit bounds a callflow, in bytes of JSON: a flow of a thousand nodes is a tenth of it.
const callflowLimit = 1 << 20

// callflows serves the callflows of an account (docs/reference/kazoo.md#callflows).
func (a *API) callflows() *documentKind {
	collection := callflow.Collection(a.cfg.Datastores)
	locks := newAccountLocks()
	checker := callflowChecker{collection, callflow.Stored{Datastores: a.cfg.Datastores}}
	return &documentKind{
		name:           "callflows",
		schema:         "callflows",
		collection:     collection,
		validator:      a.cfg.Schemas,
		random:         a.cfg.Random,
		stamp:          a.stamp,
		extraLimit:     callflowLimit,
		room:           a.cfg.Quota.roomFor,
		computed:       []string{"metadata"},
		check:          checker.check,
		storedWarnings: lostOrder,
		remark:         a.callflowRemarks,
		stillUsed:      a.stillUsed,
		lock:           locks.lock,
		describe:       a.describeCallflow,
		changed:        a.cfg.CallflowChanged,
		listing:        listing{view: collection.ByAccount, computed: []string{"modules", "modified"}},
	}
}

// callflowChecker checks callflows against the account's others: a number or pattern belongs to one of them.
type callflowChecker struct {
	collection datastore.Collection
	directory  callflow.Directory
}

func (c callflowChecker) check(x *exchange, before, doc datastore.Document) (schemas.FieldErrors, any, error) {
	var fields schemas.FieldErrors
	normalize(doc)
	callflow.MarkOrder(before, doc)
	numbers, patterns := texts(doc["numbers"]), texts(doc["patterns"])
	if len(numbers) == 0 && len(patterns) == 0 {
		fields.Add("numbers", "required", schemas.Violation{
			"message": "Callflows must be assigned at least one number or pattern", "value": "numbers",
		})
		return fields, nil, nil
	}
	if fields = checkLists(numbers, patterns); len(fields) > 0 {
		return fields, nil, nil
	}
	fields, err := c.checkAccountPatterns(x, doc, patterns)
	if err != nil {
		return nil, nil, err
	}
	for _, kind := range []struct {
		field, view, noun string
		values            []string
	}{{"numbers", "listing_by_number", "Number", numbers}, {"patterns", "listing_by_pattern", "Pattern", patterns}} {
		taken, err := c.taken(x, kind.view, doc.ID(), kind.values)
		if err != nil {
			return nil, nil, err
		}
		if taken != nil {
			fields.Add(kind.field, "unique", schemas.Violation{
				"message": strings.TrimSpace(kind.noun + " " + taken.value + " exists in callflow " + taken.id + " " + taken.name),
				"cause":   taken.value,
			})
		}
	}
	return fields, nil, nil
}

// lostOrder warns of temporal_routes whose rules may be tried in another order than they were written.
func lostOrder(doc datastore.Document) (warnings []schemas.Warning) {
	for _, route := range callflow.LostOrder(doc) {
		warnings = append(warnings, schemas.Warning{
			Path: route.Place() + ".data.rules", Message: route.Says() + "; " + route.Fix(), Suggestion: "rules",
		})
	}
	return warnings
}

// normalize writes numbers in the form in which calls are looked up: +E.164 where KAZOO's converters know them
// (docs/reference/kazoo.md#callflow-documents). Two spellings of one number become one.
func normalize(doc datastore.Document) {
	list, ok := doc["numbers"].([]any)
	if !ok {
		return
	}
	seen := map[string]bool{}
	kept := make([]any, 0, len(list))
	for _, item := range list {
		text, ok := item.(string)
		if !ok {
			return // the schema refuses it
		}
		if text = numbers.Normalize(text); !seen[text] {
			seen[text] = true
			kept = append(kept, text)
		}
	}
	doc["numbers"] = kept
}

// callflowRemarks warns of numbers that nobody can dial or nobody outside reaches, of branches that no call takes, and
// of missing documents that the flow names.
func (a *API) callflowRemarks(x *exchange, doc datastore.Document) []schemas.Warning {
	remarks := append(undialable(doc), a.unassigned(x, doc)...)
	remarks = append(remarks, deadBranches(doc["flow"])...)
	remarks = append(remarks, a.unsupported(doc["flow"])...)
	remarks = append(remarks, a.unplayable(doc["flow"])...)
	return append(remarks, a.missingReferences(x, doc, referencesOf(doc["flow"]))...)
}

type takenBy struct{ value, id, name string }

// taken finds the first of the values that another callflow of the account has.
func (c callflowChecker) taken(x *exchange, view, own string, values []string) (*takenBy, error) {
	if len(values) == 0 {
		return nil, nil
	}
	keys := make([]any, len(values))
	for i, value := range values {
		keys[i] = []any{string(x.account.ID()), value}
	}
	rows, err := c.collection.View(x.ctx, view, datastore.Query{Keys: keys})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if row.ID == own {
			continue
		}
		var key [2]string
		var value struct{ Name string }
		_ = json.Unmarshal(row.Key, &key)
		_ = json.Unmarshal(row.Value, &value)
		if value.Name == row.ID {
			value.Name = "" // it has none
		}
		return &takenBy{value: key[1], id: row.ID, name: value.Name}, nil
	}
	return nil, nil
}

// texts returns the strings of a list. The schema refuses other items.
func texts(value any) []string {
	list, _ := value.([]any)
	var out []string
	for _, item := range list {
		if text, ok := item.(string); ok {
			out = append(out, text)
		}
	}
	return out
}

// accountLocks serialises requests of an account that check and take something unique, such as a number. Accounts that
// happen to share a lock wait for each other.
type accountLocks struct {
	seed  maphash.Seed
	locks [64]sync.Mutex
}

func newAccountLocks() *accountLocks { return &accountLocks{seed: maphash.MakeSeed()} }

func (l *accountLocks) lock(accountID string) (unlock func()) {
	mu := &l.locks[maphash.String(l.seed, accountID)%uint64(len(l.locks))]
	mu.Lock()
	return mu.Unlock
}
