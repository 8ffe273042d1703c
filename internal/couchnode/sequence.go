package couchnode

import (
	"strconv"
	"strings"
)

// formatSeq makes an update sequence as clients see it: the number, and which incarnation of the database counted it.
func (d *database) formatSeq(seq uint64) string {
	return strconv.FormatUint(seq, 10) + "-" + d.uuid[:8]
}

// parseSeq reads a since parameter: "now", a number, or what formatSeq made. A sequence of another incarnation of the
// database (deleted and made anew) starts over, so that a replicator misses nothing.
func (d *database) parseSeq(s string, now uint64) (uint64, error) {
	if s == "" || s == "now" {
		if s == "" {
			return 0, nil
		}
		return now, nil
	}
	number, uuid, tagged := strings.Cut(strings.Trim(s, `"`), "-")
	n, err := strconv.ParseUint(number, 10, 63)
	if err != nil {
		return 0, badRequest("Malformed sequence supplied in 'since' parameter.")
	}
	if tagged && uuid != d.uuid[:8] {
		return 0, nil
	}
	return n, nil
}
