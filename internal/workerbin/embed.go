//go:build embedworker

package workerbin

import _ "embed"

//go:embed callfn-worker
var embedded []byte
