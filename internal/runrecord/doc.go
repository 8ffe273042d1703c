// Package runrecord keeps records of functions' runs in the database function_runs. They show admins later why a call
// went where it did. Records are written in batches while calls continue. If more runs end than can be written, records
// are dropped and counted.
package runrecord
