package couchnode_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"callfn/internal/await"
)

// Once a design document with a validate_doc_update is stored, every write is validated, even one that was under way.
func TestNothingGetsPastAValidator(t *testing.T) {
	client := &http.Client{Transport: openNode(t).Transport()}
	mustCall(t, client, "PUT", "http://node/db", nil)
	var closed atomic.Bool
	var late, stored, refused atomic.Int64
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				after := closed.Load()
				status, _ := call(t, client, "PUT", fmt.Sprintf("http://node/db/w%d-%d", w, i), map[string]any{"i": i})
				switch {
				case status == http.StatusForbidden:
					refused.Add(1)
				case after:
					late.Add(1)
				default:
					stored.Add(1)
				}
			}
		})
	}
	await.True(t, "20 writes", func() bool { return stored.Load() >= 20 })
	mustCall(t, client, "PUT", "http://node/db/_design/fence",
		map[string]any{"validate_doc_update": "function () { throw({forbidden: 'closed'}); }"})
	closed.Store(true)
	count := func() string {
		return fmt.Sprint(mustCall(t, client, "GET", "http://node/db", nil).(map[string]any)["doc_count"])
	}
	before := count()
	await.True(t, "20 refused writes", func() bool { return refused.Load() >= 20 })
	close(stop)
	writers.Wait()
	if after := count(); late.Load() != 0 || after != before {
		t.Errorf("got %d writes past the validator and %s documents, want none and %s", late.Load(), after, before)
	}
}
