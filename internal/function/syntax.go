package function

// SyntaxError says why a function body does not parse, in the admin's own text.
type SyntaxError struct {
	Message string `json:"message"`
	Line    int    `json:"line,omitempty"`   // from 1; 0 when unknown
	Column  int    `json:"column,omitempty"` // from 1; 0 when unknown
	Source  string `json:"source,omitempty"` // the line it is in, clipped
	Hint    string `json:"hint,omitempty"`   // what to do
}

func (e *SyntaxError) Error() string { return e.Message }

// Warning is about a body that parses here and may not elsewhere.
type Warning struct {
	Message string `json:"message"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
}
