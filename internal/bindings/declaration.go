package bindings

import "fmt"

// Declaration is what a function may use. The zero value is that of a function without bindings.
type Declaration struct {
	Env     map[string]string   // constants, by name
	Secrets map[string][]string // name → the hosts that the function narrows it to; nil for those stored with the secret
	KV      *KV
	HTTP    *HTTP
	Std     bool   // phone, holidays, hours
	Compat  string // CompatFunctionserver, or ""
}

// KV grants key-value storage. `kv.own` is the function's own namespace in either scope.
type KV struct {
	Scope string // ScopeAccount or ScopeFunction: whose keys `kv` has
	Write bool   // whether it may write; else it only reads
}

// HTTP grants requests to hosts.
type HTTP struct {
	Hosts []string // patterns of package hostname
}

// The scopes of KV.
const (
	ScopeAccount  = "account"
	ScopeFunction = "function"
)

// CompatFunctionserver gives a function the names of wogra's functionserver.
const CompatFunctionserver = "functionserver"

// The bounds on a declaration.
const (
	MaxEnv       = 64      // constants
	MaxEnvBytes  = 5 << 10 // bytes of each
	MaxSecrets   = 100
	MaxHosts     = 32 // of one list
	MaxNameBytes = 64 // of a constant's or a secret's name
	maxDepth     = 8  // of the JSON
)

// AnyName stands for every name: the parameters of a call are names in the realm too.
const AnyName = "*"

// Names are what the function finds in its realm because of the declaration.
func (d Declaration) Names() []string {
	var names []string
	for _, given := range []struct {
		declared bool
		names    []string
	}{
		{len(d.Env) > 0, []string{"env"}},
		{len(d.Secrets) > 0, []string{"secrets"}},
		{d.KV != nil, []string{"kv"}},
		{d.HTTP != nil, []string{"http"}},
		{d.Std, []string{"phone", "holidays", "hours"}},
		{d.Compat == CompatFunctionserver, []string{
			"httpGet", "httpPost", "loadDocument", "saveDocument", "deleteDocument", AnyName,
		}},
	} {
		if given.declared {
			names = append(names, given.names...)
		}
	}
	if len(names) > 0 {
		names = append(names, "run")
	}
	return names
}

// Error says what is wrong with a declaration.
type Error struct {
	Path    string // of the member below `bindings`, such as "kv.scope"; "" for the whole
	Message string
}

// Error names the member and what is wrong with it.
func (e *Error) Error() string {
	if e.Path == "" {
		return "bindings: " + e.Message
	}
	return "bindings." + e.Path + ": " + e.Message
}

func wrong(path, format string, args ...any) error {
	return &Error{Path: path, Message: fmt.Sprintf(format, args...)}
}
