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

// Resolver says on which connection a database is, for documents of a type (storage plans;
// docs/reference/kazoo.md#resolving-a-database). Ask anew for every operation, so that a changed plan takes hold.
// docType is the document's pvt_type, or "" for operations without one; both answers are the same database.
// ErrUnreachable when the connection is not open.
type Resolver interface {
	Resolve(database, docType string) (*Database, error)
}

// Single resolves everything to one connection.
type Single struct {
	Connection *Connection
	Prefix     string // begins every database's name; mostly ""
	Design     string // name of our design document in every database; "" for the usual ones
}

// Resolve names the database on the only connection.
func (s Single) Resolve(database, _ string) (*Database, error) {
	return s.Connection.Database(s.Prefix + database).Designed(s.Design), nil
}

func apart(database string) bool { return database == Functions || database == FunctionRuns }

// Apart lists the databases as --functions-couchdb-url divides them.
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
