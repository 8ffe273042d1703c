package runrecord

import (
	"iter"

	"callfn/internal/datastore"
)

// Limits of one request to the datastore: documents, and their approximate bytes. Few large requests take half as long
// as many small ones, but a proxy in front of it may accept at most a MiB.
const (
	requestDocs  = 1000
	requestBytes = 512 << 10
)

// weighed is a record with its approximate size in bytes.
type weighed struct {
	doc    datastore.Document
	weight int64
}

// requests splits records into requests to the datastore.
func requests(docs []weighed) iter.Seq[[]datastore.Document] {
	return func(yield func([]datastore.Document) bool) {
		for len(docs) > 0 {
			var some []datastore.Document
			bytes := int64(0)
			for len(docs) > 0 && len(some) < requestDocs && (len(some) == 0 || bytes+docs[0].weight <= requestBytes) {
				some, bytes = append(some, docs[0].doc), bytes+docs[0].weight
				docs = docs[1:]
			}
			if !yield(some) {
				return
			}
		}
	}
}
