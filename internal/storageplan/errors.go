package storageplan

import "fmt"

// StartError reports that the plan is stored, but the move of a database that it wants elsewhere could not be started.
// The database stays where it was. Applying the plan again starts the move again.
type StartError struct {
	Database string
	Cause    error
}

func (e *StartError) Error() string {
	return fmt.Sprintf("the move of database %s could not be started: %v", e.Database, e.Cause)
}

// Unwrap returns the cause.
func (e *StartError) Unwrap() error { return e.Cause }

// MovingError reports that a database is already being moved elsewhere.
type MovingError struct {
	Migration Migration
}

func (e *MovingError) Error() string {
	m := e.Migration
	return fmt.Sprintf("the database %s is being moved from %s to %s (%s, %s): finish that or roll it back first",
		m.Database, m.From, m.To, m.ID, m.State)
}

// FenceError reports that a database cannot be moved away, because the connection's user may not raise the fence that a
// move needs.
type FenceError struct{ Database, User, Address string }

func (e *FenceError) Error() string {
	return fmt.Sprintf("the database %s cannot be moved away from %s: user %q may not put the fence around it that a "+
		"move needs. Make that user an administrator of the database, with "+
		"`callfn couchdb setup --may-move` for instance", e.Database, e.Address, e.User)
}
