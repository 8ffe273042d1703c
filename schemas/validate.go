package schemas

// Validate checks value against the named schema as KAZOO checks the body of a request. value comes from a json.Decoder
// with UseNumber and is never changed.
//
// For a valid value Validate returns a completed copy. It has defaults at every depth, also inside the data of callflow
// nodes. Values of the wrong type are cast where KAZOO casts them: a string that spells an integer, a number or a
// boolean becomes one, and a broken number becomes the nearest integer.
//
// For an invalid value the errors have every failing field and the copy is nil. If a required property is missing while
// there is a key with a similar name, or a key resembles a known one, the violation has a "hint" besides its "message".
// An unknown schema name gives KAZOO's "schema not found" under the path "schema". A flow beyond the limits of the set
// gives only maxDepth, maxNodes or maxValues, after work that is bounded by those limits.
func (s *Set) Validate(name string, value any) (any, FieldErrors) {
	return s.validate(name, value, true)
}

// ValidateStrict is Validate without casting. KAZOO validates a function's result like this
// (kzd_callflows:validate_flow), and request bodies if system_config/crossbar.schema_strict_validation is set. Integers
// written as 5.0 pass.
func (s *Set) ValidateStrict(name string, value any) (any, FieldErrors) {
	return s.validate(name, value, false)
}

func (s *Set) validate(name string, value any, casting bool) (any, FieldErrors) {
	schema, ok := s.schemas[name]
	if !ok {
		return nil, failures{schemaNotFound(name)}.fields()
	}
	out, errs := complete(value, s.plans[schema], s.limits)
	if errs != nil {
		return nil, errs
	}
	// Casting can uncover further failures. But each round gives at least one value its final type, and a value's place is
	// examined again only after something around it was cast. Two rounds have always sufficed; four are plenty.
	const rounds = 4
	for round := 1; ; round++ {
		found := check(s.rules[schema], out)
		if found == nil {
			return out, nil
		}
		mended := false
		if casting && round < rounds {
			out, mended = found.cast(out)
		}
		if !mended {
			fields := found.fields()
			fields.AddHints(s.Warnings(name, value))
			return nil, fields
		}
		if out, errs = complete(out, s.plans[schema], s.limits); errs != nil {
			return nil, errs
		}
	}
}

// check checks a value that complete returned against rules.
func check(rules *rules, value any) failures {
	var r reader
	r.check(rules, value)
	if r.unknown != "" {
		r.found = append(r.found, schemaNotFound(r.unknown))
	}
	return r.found
}

func schemaNotFound(name string) failure {
	return failure{tokens: []string{"schema"}, validator: "schema", violation: Violation{
		"message": "schema not found",
		"schema":  name,
	}}
}
