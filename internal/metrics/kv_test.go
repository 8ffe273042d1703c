package metrics_test

import (
	"errors"
	"testing"
	"time"

	"callfn/internal/kv"
	"callfn/internal/metrics"
)

func TestKeyValuesAreCounted(t *testing.T) {
	m := metrics.New("test")
	use, ok := kv.Usage{Keys: 3, Bytes: 40}, true
	observe := m.KV(func() (kv.Usage, bool) { return use, ok })
	wantMetrics(t, m, `callfn_kv_keys 3`, `callfn_kv_bytes 40`,
		`callfn_kv_operation_seconds_count{operation="get",reason="unavailable"} 0`)
	observe("get", nil, time.Millisecond)
	observe("incr", &kv.Error{Reason: kv.NotANumber}, time.Millisecond)
	observe("set", errors.New("another"), time.Millisecond)
	ok = false
	wantMetrics(t, m, `callfn_kv_keys -1`, `callfn_kv_bytes -1`,
		`callfn_kv_operation_seconds_count{operation="get",reason=""} 1`,
		`callfn_kv_operation_seconds_count{operation="incr",reason="not_a_number"} 1`,
		`callfn_kv_operation_seconds_count{operation="set",reason="other"} 1`)
}
