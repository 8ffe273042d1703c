// Package runrecord keeps records of functions' runs in the database function_runs, which tell admins afterwards why a
// call went where it went. Records are written in batches beside the calls. Where more runs end than can be written,
// records are dropped and counted.
package runrecord
