package crossbar

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/internal/numbers"
	"callfn/schemas"
)

// mostNumbers is how many numbers one request may name.
const mostNumbers = 100

// assignMany assigns free numbers to the account (KAZOO's phone_numbers/collection), each with the same properties.
func (p phoneNumbers) assignMany(x *exchange) (*answer, error) {
	return p.many(x, p.assignOne)
}

func (p phoneNumbers) replaceMany(x *exchange) (*answer, error) {
	return p.many(x, func(x *exchange, number string, data map[string]any) (numbers.Number, error) {
		return p.editOne(x, number, data, replacing)
	})
}

func (p phoneNumbers) patchMany(x *exchange) (*answer, error) {
	return p.many(x, func(x *exchange, number string, data map[string]any) (numbers.Number, error) {
		return p.editOne(x, number, data, patching)
	})
}

func (p phoneNumbers) releaseMany(x *exchange) (*answer, error) {
	return p.many(x, func(x *exchange, number string, _ map[string]any) (numbers.Number, error) {
		return p.releaseOne(x, number)
	})
}

func (p phoneNumbers) moveMany(x *exchange) (*answer, error) {
	return p.many(x, func(x *exchange, number string, _ map[string]any) (numbers.Number, error) {
		return p.moveOne(x, number)
	})
}

// many does something with each number that the request names. One that fails does not keep it from the others: the
// answer has what became of each. (KAZOO answers a collection of one as it does a single number.)
func (p phoneNumbers) many(x *exchange, do func(*exchange, string, map[string]any) (numbers.Number, error)) (*answer,
	error,
) {
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	list, fields := numbersOf(data)
	properties := writable(data)
	delete(properties, "numbers")
	if x.route.Method == http.MethodPut || x.route.Method == http.MethodPost {
		var wrong schemas.FieldErrors
		given := datastore.StripPrivate(data)
		delete(given, "numbers")
		properties, wrong = p.properties(given)
		fields.Merge(wrong)
	}
	if len(fields) > 0 {
		return nil, invalid(fields)
	}
	failed, done := map[string]any{}, map[string]numbers.Number{}
	for _, number := range list {
		n, err := do(x, number, properties)
		if err != nil {
			failed[number] = x.numberError(err)
			continue
		}
		done[n.Number()] = n
	}
	used := p.used(x, x.account.ID(), slices.Collect(maps.Keys(done)))
	shown := map[string]any{}
	for number, n := range done {
		shown[number] = shownNumber(n, used[number])
	}
	return &answer{data: map[string]any{"success": shown, "error": failed}}, nil
}

// numberError returns what failed with one number of several, in KAZOO's shape (knm_errors.erl).
func (x *exchange) numberError(err error) map[string]any {
	f := x.failureOf(err)
	out := map[string]any{"code": f.status, "error": f.message}
	if data, ok := f.data.(map[string]any); ok {
		for key, value := range data {
			if _, has := out[key]; !has {
				out[key] = value
			}
		}
	}
	if _, has := out["message"]; !has {
		out["message"] = f.message
	}
	return out
}

// numbersOf reads the numbers of a request, with KAZOO's field errors (cb_phone_numbers:validate_collection_request).
func numbersOf(data map[string]any) ([]string, schemas.FieldErrors) {
	fields := schemas.FieldErrors{}
	wrong := func(validator, message string) ([]string, schemas.FieldErrors) {
		fields.Add("numbers", validator, schemas.Violation{"message": message})
		return nil, fields
	}
	given, ok := data["numbers"].([]any)
	switch _, has := data["numbers"]; {
	case !has:
		return wrong("required", "list of numbers missing")
	case !ok:
		return wrong("type", "numbers must be a list")
	case len(given) == 0:
		return wrong("minimum", "minimum 1 number required")
	case len(given) > mostNumbers:
		return wrong("maxItems", fmt.Sprintf("no more than %d numbers at a time", mostNumbers))
	}
	const longest = 64
	list, seen := make([]string, 0, len(given)), map[string]bool{}
	for _, value := range given {
		number, ok := value.(string)
		if !ok || len(number) > longest {
			return wrong("type", fmt.Sprintf("each number must be a string of no more than %d bytes", longest))
		}
		written := numbers.Written(number)
		if seen[written] {
			return wrong("uniqueItems", "some numbers appear twice")
		}
		list, seen[written] = append(list, number), true
	}
	return list, fields
}

// check says which numbers could be assigned: "success" for those that nobody has, else "error". (KAZOO asks the
// carriers whether they can be bought.)
func (p phoneNumbers) check(x *exchange) (*answer, error) {
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	list, fields := numbersOf(data)
	if len(fields) > 0 {
		return nil, invalid(fields)
	}
	verdicts := make(map[string]any, len(list))
	for _, number := range list {
		_, err := p.table.Get(x.ctx, number)
		switch {
		case errors.Is(err, numbers.ErrUnassigned) && numbers.Assignable(numbers.Written(number)):
			verdicts[number] = "success"
		case err == nil, errors.Is(err, numbers.ErrUnassigned):
			verdicts[number] = "error"
		default:
			return nil, err
		}
	}
	return &answer{data: verdicts}, nil
}

// identify says which account has a number: this one or one below it. (KAZOO tells it of any account.)
func (p phoneNumbers) identify(x *exchange) (*answer, error) {
	n, err := p.table.Get(x.ctx, x.path["number"])
	if err != nil {
		return nil, numberFailure(err, x.path["number"])
	}
	owner, err := p.api.cfg.Accounts.Get(x.ctx, n.Account())
	if err != nil && !errors.Is(err, datastore.ErrNotFound) {
		return nil, err
	}
	if err != nil || !within(owner, x.account.ID()) {
		return nil, numberFailure(numbers.ErrUnassigned, x.path["number"])
	}
	who := map[string]any{"account_id": string(owner.ID()), "number": n.Number()}
	if !owner.Enabled() {
		who["cause"] = "account_disabled"
		return nil, fail(http.StatusBadRequest, "client error", who)
	}
	return &answer{data: who}, nil
}

// within reports whether an account is another or below it.
func within(a account.Account, other account.ID) bool {
	return a.ID() == other || slices.Contains(a.Tree(), other)
}
