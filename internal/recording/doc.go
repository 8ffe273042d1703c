// Package recording keeps what callers say: WAV files with a JSON document beside each, in a directory for each
// account.
//
// A recording that Keep reported is on disk, whatever happens to the process or the machine afterwards. Each account
// has a quota, and recordings go when they are older than the retention.
package recording
