package main

import (
	"callfn/internal/kv/natskv"
	"callfn/internal/service"
)

// kvFlags say where functions' key-value store is.
type kvFlags struct {
	KVSingle        bool   `name:"kv-single" group:"kv"`
	NATSURL         string `name:"nats-url" placeholder:"URL" group:"kv"`
	NATSCredentials string `name:"nats-credentials" placeholder:"FILE" group:"kv"`
	NATSCA          string `name:"nats-ca" placeholder:"FILE" group:"kv"`
	NATSReplicas    int    `name:"nats-replicas" default:"3" group:"kv" range:"1..5"`
}

func (f kvFlags) keyValues() service.KV {
	return service.KV{Single: f.KVSingle, NATS: natskv.Config{
		URL: f.NATSURL, Credentials: f.NATSCredentials, RootCAs: f.NATSCA, Replicas: f.NATSReplicas,
	}}
}
