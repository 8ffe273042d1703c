package runs

// HostCall is one call of a function to what its bindings gave it, as records keep it. It has no path, key, value,
// query or body: those may hold what a caller said.
type HostCall struct {
	Verb   string  `json:"verb"`             // such as kv.get
	Host   string  `json:"host,omitempty"`   // of a request
	Method string  `json:"method,omitempty"` // of a request
	Status int     `json:"status,omitempty"` // of the answer to a request
	MS     float64 `json:"ms"`
	Bytes  int     `json:"bytes,omitempty"`  // of the answer to a request
	Reason string  `json:"reason,omitempty"` // why it failed; "" where it did not
}
