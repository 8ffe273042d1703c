// Package backup reads and writes the file of `callfn export` and `callfn import`: every document of the service with
// its revisions, one JSON value per line, and digests at the end.
//
//	{"callfn_export":1,"from":"http://…","account":"…","secrets":false}
//	{"database":"accounts","doc":{"_id":…,"_rev":…,"_revisions":{…},…}}
//	{"at":{"database":"accounts","since":"…"}}
//	{"end":{"databases":{"accounts":{"documents":…,"digest":"…"}}}}
//
// A file without the last line is an interrupted export. The export continues after the last "at".
package backup
