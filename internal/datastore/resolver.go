package datastore

// The databases (docs/architecture.md#what-is-stored-where).
const (
	Functions    = "functions"
	FunctionRuns = "function_runs"
	Accounts     = "accounts"
	Callflows    = "callflows"
	SystemData   = "system_data"
)

// Databases lists every database of the service.
func Databases() []string {
	return []string{Accounts, Callflows, Functions, FunctionRuns, SystemData}
}

// Resolver finds the connection of a database for documents of a type (storage plans;
// docs/reference/kazoo.md#resolving-a-database). Callers resolve anew for every operation, so that a changed plan takes
// effect. docType is the document's pvt_type, or "" for operations without one; both give the same database. Resolve
// returns ErrUnreachable if the connection is not open.
type Resolver interface {
	Resolve(database, docType string) (*Database, error)
}

// Single resolves everything to one connection.
type Single struct {
	Connection *Connection
	Prefix     string // begins every database's name; mostly ""
	Design     string // name of our design document in every database; "" for the usual ones
}

// Resolve returns the database on the only connection.
func (s Single) Resolve(database, _ string) (*Database, error) {
	return s.Connection.Database(s.Prefix + database).Designed(s.Design), nil
}

func apart(database string) bool { return database == Functions || database == FunctionRuns }

// Apart returns the two groups of databases that --functions-couchdb-url separates.
func Apart() (rest, functions []string) {
	for _, name := range Databases() {
		if apart(name) {
			functions = append(functions, name)
		} else {
			rest = append(rest, name)
		}
	}
	return rest, functions
}
