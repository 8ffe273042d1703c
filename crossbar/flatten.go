package crossbar

import "strconv"

// flatten turns the parameters of a pretend call into the flat map of text that a function sees, in KAZOO's form
// (kazoo-facts §3.4): members of an object as k[sub], items of a list as k[0], k[1] …, null as nothing.
func flatten(call map[string]any) map[string]string {
	out := map[string]string{}
	for key, value := range call {
		flattenInto(out, key, value)
	}
	return out
}

func flattenInto(out map[string]string, key string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for sub, item := range v {
			flattenInto(out, key+"["+sub+"]", item)
		}
	case []any:
		for i, item := range v {
			flattenInto(out, key+"["+strconv.Itoa(i)+"]", item)
		}
	default:
		if text, ok := scalar(v); ok {
			out[key] = text
		}
	}
}
