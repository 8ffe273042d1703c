package numbers

import (
	"context"
	"errors"
	"fmt"

	"callfn/internal/account"
)

// Owners finds the account that a number is assigned to. Table implements it; switch adapters need no more.
type Owners interface {
	// Owner returns the account of a number, in whatever form it was dialled. ErrUnassigned where nobody has it.
	Owner(ctx context.Context, number string) (account.ID, error)
}

// ErrUnassigned means that a number is assigned to no account, or not to the one in question.
var ErrUnassigned = errors.New("the number is assigned to no account")

// ErrMalformed means that something is no number that can be assigned.
var ErrMalformed = errors.New("not a number: want + and 5 to 15 digits, or up to 15 of 0-9, * and #")

// TakenError means that a number is assigned already.
type TakenError struct {
	Number string
	By     account.ID
}

func (e *TakenError) Error() string {
	return fmt.Sprintf("number %s is assigned to account %s", e.Number, e.By)
}
