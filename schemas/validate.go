package schemas

// Validate checks value against the named schema as KAZOO checks the body of a request. value is what a json.Decoder
// with UseNumber gives and is never changed.
//
// If it is valid, a completed copy comes back: defaults written in at every depth, also inside the data of every
// callflow node, and values that only had the wrong type cast where KAZOO casts them: a string that spells an integer,
// a number or a boolean becomes one, and a broken number becomes the nearest integer. If not, every failing field is in
// the errors and the copy is nil.
//
// A required property that is missing while a key like its name is there, and a key like one that may be there, have a
// "hint" besides their "message".
//
// A name that is no schema gives KAZOO's "schema not found" under the path "schema". A flow beyond the limits of the
// set gives maxDepth, maxNodes or maxValues and nothing else, after work bounded by those limits.
func (s *Set) Validate(name string, value any) (any, FieldErrors) {
	return s.validate(name, value, true)
}

// ValidateStrict is Validate without casting: what KAZOO does with a function's return (kzd_callflows:validate_flow),
// and with request bodies where system_config/crossbar.schema_strict_validation is set. Integers written as 5.0 pass.
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
	// Casting can uncover further failures, but each round turns at least one value into its final type, and a value's
	// place is looked at again only after something around it was cast. Two rounds have always done; four are plenty.
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

// check holds a value that complete has made against rules.
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
