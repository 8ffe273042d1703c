package callflow

import (
	"net/url"
	"strconv"
	"strings"

	"callfn/internal/clip"
	"callfn/internal/function/params"
)

// PivotJSON reads the parameters that a pivot node sends as a JSON body (req_body_format `json`).
func PivotJSON(structured map[string]any) (map[string]string, error) {
	flat, err := params.Flatten(structured)
	if err != nil {
		return nil, err
	}
	translate(flat)
	return flat, nil
}

// PivotForm reads the parameters that a pivot node sends as a query string or form. KAZOO writes nesting into the names
// (`Custom-Application-Vars[vip]`), as functions see it, and repeats `User-ID[]` for every owner. Of a repeated name
// the last value counts, as in CouchDB (docs/reference/couchdb.md#parameters, docs/reference/kazoo.md#query-string).
// PivotForm returns a *params.TooLargeError for more than params.MaxBytes.
func PivotForm(form url.Values) (map[string]string, error) {
	flat := make(map[string]string, len(form))
	total := 0
	put := func(name, value string) error {
		if total += len(name) + len(value); total > params.MaxBytes {
			return &params.TooLargeError{Limit: strconv.Itoa(params.MaxBytes) + " bytes", Key: clip.Text(name, 80)}
		}
		flat[strings.ToValidUTF8(name, "\uFFFD")] = strings.ToValidUTF8(value, "\uFFFD")
		return nil
	}
	for name, values := range form {
		if len(values) == 0 {
			continue
		}
		if err := put(name, values[len(values)-1]); err != nil {
			return nil, err
		}
		list, isList := strings.CutSuffix(name, "[]")
		if !isList {
			continue
		}
		for i, value := range values {
			if err := put(list+"["+strconv.Itoa(i)+"]", value); err != nil {
				return nil, err
			}
		}
	}
	translate(flat)
	return flat, nil
}

// twimlNames are the parameters of req_format `twiml` that have other names in `kazoo` (kzt_twiml:req_params,
// kzt_kazoo:req_params). The account is the URL's, the version the format's.
var twimlNames = map[string]string{
	"CallSid": "Call-ID", "CallStatus": "Call-Status", "CallerName": "Caller-ID-Name", "CallerNumber": "Caller-ID-Number",
	"FromRealm": "From-Realm", "ToRealm": "To-Realm", "RecordingUrl": "Recording-Url",
	"RecordingDuration": "Recording-Duration",
	"RecordingSid":      "Recording-ID", "TranscriptionSid": "Transcription-ID", "TranscriptionText": "Transcription-Text",
	"TranscriptionStatus": "Transcription-Status", "TranscriptionUrl": "Transcription-Url",
}

// translate adds the names that functions know to a request in the twiml format, which lacks Request. A function then
// finds the same names in either format.
func translate(flat map[string]string) {
	if _, kazoo := flat["Call-ID"]; kazoo || flat["CallSid"] == "" {
		return
	}
	for from, to := range twimlNames {
		if value, ok := flat[from]; ok {
			setAbsent(flat, to, value)
		}
	}
	setAbsent(flat, "Api-Version", APIVersion)
	for name, from := range map[string]string{"Request": "To", "Request-Realm": "To-Realm"} {
		if value, ok := flat[from]; ok {
			setAbsent(flat, name, value)
		}
	}
}

func setAbsent(flat map[string]string, name, value string) {
	if _, ok := flat[name]; !ok {
		flat[name] = value
	}
}
