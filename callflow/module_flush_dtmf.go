package callflow

import (
	"cmp"
	"context"
)

// flushDTMF is KAZOO's `flush_dtmf` (cf_flush_dtmf.erl): it drops the digits of the collection data.collection_name
// (`default` if missing) and continues.
func flushDTMF(_ context.Context, t *Turn) Next {
	delete(t.Call.Collections, cmp.Or(t.Data.String("collection_name"), defaultCollection))
	return Continue()
}
