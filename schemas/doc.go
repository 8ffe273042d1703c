// Package schemas holds the JSON Schema documents of everything callfn accepts and validates values against them, with
// KAZOO's manners: field errors in KAZOO's shape, defaults written into the value, strings cast to the numbers and
// booleans they spell, and every node of a callflow checked against the schema of its module.
//
// The documents are draft-04, one file per schema under documents/, named as KAZOO names them ("callflows.tts"). Keys,
// types, limits and defaults are KAZOO's (docs/reference/kazoo.md#callflows,
// applications/crossbar/priv/couchdb/schemas); the wording is ours, and testdata/vocabulary.txt keeps the two apart
// from drifting. Where jesse, KAZOO's validator, differs from the standard, jesse is followed: an enum is also reported
// when the type is wrong, allOf reports the errors inside it, and the format "uri" is not looked at.
//
// Load compiles the documents once; the [Set] it gives is immutable and safe for use by many goroutines:
//
//	set, err := schemas.Load()
//	flow, errs := set.Validate("callflows.action", value)
//	if errs != nil {
//		// errs["data.text"]["required"]["message"] == "Field is required but missing"
//	}
package schemas
