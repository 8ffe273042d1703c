package datastore_test

import (
	"testing"

	"go.uber.org/goleak"
)

// Nothing keeps running after a connection is closed: no feed, no idle socket.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
