package sandbox

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// levelNames are the console methods, by the letter that the realm puts before a line.
var levelNames = map[byte]string{'l': "log", 'i': "info", 'w': "warn", 'e': "error", 'd': "debug"}

// logs returns the log lines of the current or last run as a JSON list, and the level of each. The list is nil without
// lines, and the levels are nil if all are "log". logs may be called during the run.
func (r *realm) logs() (lines, levels json.RawMessage) {
	said, dropped := r.engine.Said()
	return splitLogs(said, dropped)
}

// splitLogs splits a realm's log: a level's letter, a JSON string and a comma for each line.
func splitLogs(said []byte, dropped int) (lines, kinds json.RawMessage) {
	list, of, plain := make([]byte, 1, len(said)+64), make([]byte, 1, 64), true
	list[0], of[0] = '[', '['
	for len(said) > 0 {
		level, known := levelNames[said[0]]
		if !known || len(said) < 3 || said[1] != '"' {
			return nil, nil
		}
		end := stringEnd(said, 1)
		if end < 0 || end >= len(said) || said[end] != ',' {
			return nil, nil
		}
		list = append(append(list, said[1:end]...), ',')
		of = append(append(append(of, '"'), level...), '"', ',')
		plain = plain && level == "log"
		said = said[end+1:]
	}
	if dropped > 0 {
		list = append(strconv.AppendInt(append(list, `"… [`...), int64(dropped), 10), ` more lines dropped]",`...)
		of = append(of, `"log",`...)
	}
	if len(list) == 1 {
		return nil, nil
	}
	list[len(list)-1], of[len(of)-1] = ']', ']' // replaces the last comma
	if !json.Valid(list) {
		return nil, nil
	}
	if plain {
		of = nil
	}
	return list, of
}

// paired replaces every unpaired surrogate in the engine's JSON by U+FFFD. JavaScript strings may hold unpaired
// surrogates; no reader of the answer accepts them.
func paired(text json.RawMessage) json.RawMessage {
	if !bytes.Contains(text, []byte(`\ud`)) {
		return text
	}
	out := bytes.Clone(text)
	for i := 0; i+1 < len(out); i++ {
		if out[i] != '\\' {
			continue
		}
		switch half := surrogate(out[i:]); {
		case half == 0:
			i++ // past the escaped character
		case half < 0xdc00 && surrogate(out[i+6:]) >= 0xdc00:
			i += 11
		default:
			copy(out[i:], `\ufffd`)
			i += 5
		}
	}
	return out
}

// surrogate returns the surrogate for an escape at the beginning of text, or 0 for anything else.
func surrogate(text []byte) uint64 {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0
	}
	c, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	if err != nil || c < 0xd800 || c > 0xdfff {
		return 0
	}
	return c
}

// stringEnd returns the offset after the JSON string that begins at i, or -1 if the string does not end.
func stringEnd(text []byte, i int) int {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}
