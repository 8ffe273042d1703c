package crossbar

import (
	"errors"
	"net/http"

	"callfn/internal/datastore"
)

// failureOf returns the answer for an error. If the datastore failed while documents were changed, the answer says
// whether the change was made.
func (x *exchange) failureOf(err error) *failure {
	f := failureOf(err, x.about)
	data, ok := f.data.(map[string]any)
	var stored *datastore.Error
	if f.status != http.StatusServiceUnavailable || !ok || x.stored == nil || !errors.As(err, &stored) ||
		datastore.Fenced(err) {
		return f
	}
	text, _ := data["message"].(string)
	switch {
	case datastore.Partial(err):
		data["message"] = text + ": fewer of the cluster's nodes than a majority took the change; it may be lost. Look " +
			"before you send it again"
	case x.stored.InDoubt():
		data["message"] = text + ": the change may have been stored; look before you send it again"
	case x.stored.Made():
		data["message"] = text + ": a part of the change was stored; send it again"
	case changes(x.method):
		data["message"] = text + ": nothing was stored"
	}
	return f
}

// changes reports whether a method changes documents.
func changes(method string) bool {
	switch method {
	case http.MethodPut, http.MethodPost, http.MethodPatch, http.MethodDelete:
		return true
	}
	return false
}
