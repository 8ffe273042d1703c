//go:build !embedworker

package workerbin

var embedded []byte
