package main

import "callfn/internal/service"

// kvFlags say where functions' key-value store is.
type kvFlags struct {
	KVSingle bool `name:"kv-single" group:"keys"`
}

func (f kvFlags) keyValues() service.KV { return service.KV{Single: f.KVSingle} }
