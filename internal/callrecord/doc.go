// Package callrecord keeps a record of every call that is over, under KAZOO's names (cdrs), with the steps of its walk
// and the runs of its functions: for the admin who asks in the morning why the call at two o'clock ended.
//
// Records are in one database a month, which goes as a whole when all of it is older than records are kept: a document
// that is deleted leaves something behind for good on CouchDB, a database does not. Records are written in batches, off
// the call's path; when more comes than can be written, records are dropped and counted.
package callrecord
