package storageplan

import "fmt"

// StartError: the plan is stored, but the move of a database that it wants elsewhere could not be started. The database
// is where it was; applying the plan again tries again.
type StartError struct {
	Database string
	Cause    error
}

func (e *StartError) Error() string {
	return fmt.Sprintf("the move of database %s could not be started: %v", e.Database, e.Cause)
}

// Unwrap gives the cause.
func (e *StartError) Unwrap() error { return e.Cause }

// MovingError: a database is being moved elsewhere already.
type MovingError struct {
	Migration Migration
}

func (e *MovingError) Error() string {
	m := e.Migration
	return fmt.Sprintf("the database %s is being moved from %s to %s (%s, %s): finish that or roll it back first",
		m.Database, m.From, m.To, m.ID, m.State)
}

// FenceError: a database cannot be moved away from where it is, since the connection's user may not put the fence
// around it that a move needs.
type FenceError struct{ Database, User, Address string }

func (e *FenceError) Error() string {
	return fmt.Sprintf("the database %s cannot be moved away from %s: user %q may not put the fence around it that a "+
		"move needs. Make that user an administrator of the database, with "+
		"`callfn couchdb setup --may-move` for instance", e.Database, e.Address, e.User)
}
