package hostiletest

import (
	"fmt"
	"strings"
)

// known is one entry of a place's list of what it cannot hold.
type known struct {
	may    bool // depends on the engine's version, the machine or luck
	reason string
}

// readKnown reads testdata/known/{place}.txt: lines "fixture | fails or may | reason". A place without a file holds
// everything.
func readKnown(place string) (map[string]known, error) {
	list := map[string]known{}
	if place == "" {
		return list, nil
	}
	text, err := testdata.ReadFile("testdata/known/" + place + ".txt")
	if err != nil {
		return nil, err
	}
	for i, line := range strings.Split(string(text), "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parts := strings.SplitN(line, " | ", 3)
		if len(parts) != 3 || parts[1] != "fails" && parts[1] != "may" || parts[2] == "" {
			return nil, fmt.Errorf("known/%s.txt line %d: want fixture | fails or may | reason", place, i+1)
		}
		list[parts[0]] = known{may: parts[1] == "may", reason: parts[2]}
	}
	return list, nil
}
