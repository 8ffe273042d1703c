package autodisable

import (
	"context"
	"log/slog"
	"time"

	"callfn/internal/account"
	"callfn/internal/datastore"
)

// Config configures a Guard.
type Config struct {
	Datastores datastore.Resolver
	Now        func() time.Time
	Log        *slog.Logger // may be nil
	Threshold  Threshold    // the system's; Failures 0 disables no function
	// Account reads an account's document, which may have its own threshold: functions.attempt_failure_count and
	// functions.attempt_failure_expiry_ms, named as KAZOO's for webhooks. May be nil.
	Account func(context.Context, account.ID) (datastore.Document, error)
	// Buffer is how many failures may wait to be counted; 4096 when zero.
	Buffer int
}
