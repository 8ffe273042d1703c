package memkv_test

import (
	"testing"

	"callfn/internal/kv"
	"callfn/internal/kv/kvtest"
	"callfn/internal/kv/memkv"
)

func TestEngine(t *testing.T) {
	kvtest.Run(t, func(*testing.T) kv.Engine { return memkv.New() })
}
