// Package runrecord keeps records of functions' runs in the database function_runs, for the admin who asks in the
// morning why a call went where it went. Records are written in batches, off the call's path: a run hands its result
// over and goes on; when more comes than can be written, records are dropped and counted.
package runrecord
