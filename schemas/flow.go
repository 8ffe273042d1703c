package schemas

// ValidateFlow checks a function's result as KAZOO does: against callflows.action, with every module's data against its
// schema, and without casting (kzd_callflows:validate_flow). Paths in the errors begin with "flow", as in a callflow.
// The returned copy has all defaults.
func (s *Set) ValidateFlow(flow map[string]any) (map[string]any, FieldErrors) {
	done, fields := s.ValidateStrict("callflows.action", flow)
	if len(fields) > 0 {
		return nil, fields.Under("flow")
	}
	completed, ok := done.(map[string]any)
	if !ok { // the schema says that it is an object
		fields.Add("flow", "type", Violation{"message": "Value did not match type(s): object", "target": "object"})
		return nil, fields
	}
	return completed, nil
}
