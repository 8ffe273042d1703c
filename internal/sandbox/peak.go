package sandbox

import "bytes"

// threwNull is what `wh` says of a function that threw null. QuickJS throws null, too, where it has no memory left to make an
// error of: then the process has just grown by most of the heap cap.
var threwNull = []byte(`"error":"threw","message":"threw null"`)

// ranOutOfMemory reports whether an answer that blames a thrown null means the memory cap. before is the process's peak
// memory in bytes when the run began.
func ranOutOfMemory(a Answer, before, limit int64) bool {
	null := a.Status == Done && bytes.Contains(a.Body, threwNull) || a.Status == Failed && bytes.Contains(a.Body, []byte(`"message":"null"`))
	return null && peakMemory()-before > limit/2
}
