// Package backup reads and writes the file of `callfn export` and `callfn import`: every document of the service with
// its revisions, one JSON value a line, and digests at the end.
//
//	{"callfn_export":1,"from":"http://…","account":"…","secrets":false}
//	{"database":"accounts","doc":{"_id":…,"_rev":…,"_revisions":{…},…}}
//	{"at":{"database":"accounts","since":"…"}}
//	{"end":{"databases":{"accounts":{"documents":…,"digest":"…"}}}}
//
// A file without the last line is an export that was cut off; it goes on after the last "at".
package backup
