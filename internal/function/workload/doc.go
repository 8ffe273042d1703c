// Package workload is what is measured: functions as customers write them, each a file in testdata, with the pretend
// calls that they run for. The benchmarks, the engines of others beside them and `callfn bench` all run these very
// functions.
package workload
