package couchnode

import (
	"strconv"
	"strings"
)

// formatSeq returns an update sequence for clients: the number, and the incarnation of the database that counted it.
func (d *database) formatSeq(seq uint64) string {
	return strconv.FormatUint(seq, 10) + "-" + d.uuid[:8]
}

// parseSeq parses a since parameter: "now", a number, or the output of formatSeq. A sequence of another incarnation
// (the database was deleted and created again) starts over, so that a replicator misses nothing.
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
