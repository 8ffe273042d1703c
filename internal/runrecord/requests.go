package runrecord

import (
	"iter"

	"callfn/internal/datastore"
)

// What goes to the datastore in one request at most: documents, and bytes of them, roughly. Few large requests take
// half as long as many small ones, but a proxy before it may take a MiB and no more.
const (
	requestDocs  = 1000
	requestBytes = 512 << 10
)

// weighed is a record and what it weighs, in bytes, roughly.
type weighed struct {
	doc    datastore.Document
	weight int64
}

// requests cuts records into what goes to the datastore together.
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
