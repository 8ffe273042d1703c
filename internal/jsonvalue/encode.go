package jsonvalue

import (
	"bytes"
	"encoding/json"
)

// Encode writes v canonically: keys sorted by bytes, no white space, no HTML escaping (<, > and & stay), numbers as
// they were read (1 and 1.0 stay different). The same value always gives the same bytes, so the result can serve as a
// comparison key or a hash input. It fails only for values that are not JSON, such as a channel.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
