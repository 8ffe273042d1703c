package schemas

// ValidateFlow checks what a function returned as KAZOO does: as the flow of a callflow (kazoo-facts §5.3), with every module's
// data against its schema. Paths in the errors begin with "flow". The completed copy has all defaults filled in.
func (s *Set) ValidateFlow(flow map[string]any) (map[string]any, FieldErrors) {
	done, fields := s.Validate("callflows", map[string]any{"flow": flow})
	if len(fields) > 0 {
		return nil, fields
	}
	doc, _ := done.(map[string]any)
	completed, ok := doc["flow"].(map[string]any)
	if !ok { // the schema says that flow is an object
		fields.Add("flow", "type", Violation{"message": "Value did not match type(s): object", "target": "object"})
		return nil, fields
	}
	return completed, nil
}
