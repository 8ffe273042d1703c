package datastore_test

import (
	"testing"

	"go.uber.org/goleak"
)

// Nothing keeps running behind a closed connection: no feed, no idle socket.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
