// Package queryserver is callfn's CouchDB query server: the program CouchDB starts for design documents of language
// "callfn", speaking CouchDB's protocol of one JSON array per line on stdin and stdout, with every show run in a
// sandbox worker. The embedded node evaluates its shows through the same Show, without the lines in between; so a
// function meets one engine, one set of limits and one set of answers everywhere.
package queryserver
