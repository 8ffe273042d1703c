package runs

// Failure explains a run that gave no result, for whoever wrote the function.
type Failure struct {
	Message string `json:"message"`
	Line    int    `json:"line,omitempty"`   // from 1, in the function's own text; 0 when unknown
	Column  int    `json:"column,omitempty"` // from 1; 0 when unknown
	Source  string `json:"source,omitempty"` // that line of the text, clipped to 200 characters
	Hint    string `json:"hint,omitempty"`   // what to do next
}

// Error is the message alone.
func (f *Failure) Error() string { return f.Message }
