// Package service builds and runs the whole of callfn: datastore, sandbox, callflow executor and API, from a Config.
// It is what `callfn serve` starts; the command line only makes the Config of its flags.
//
//	Open     opens and starts everything, in the order of the steps in service.go
//	Listen   opens the sockets
//	Serve    serves until the context ends, then lets requests under way finish
//	Close    stops everything, the latest first
package service
