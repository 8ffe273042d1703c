package queryserver

import (
	"context"
	"encoding/json"
	"fmt"

	"callfn/internal/couchnode"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
)

// validateLimits of one batch of edits: the operator's code, over documents of up to 8 MB.
var validateLimits = sandbox.Limits{Deadline: runs.MaxDeadline, Memory: 256 << 20, Result: 4 << 20}

// validateBatch is how many bytes of documents are validated by one job.
const validateBatch = 4 << 20

// validateShow asks a validate_doc_update about edits, as a show so that it gets a realm of its own: null for one that
// passed, else [word, reason] of what was thrown. CouchDB knows an object of one member, and calls what is not
// forbidden or unauthorized an unknown_error; an Error is the function's own failure.
const validateShow = `function (input) {
	var validate = (%s
	);
	function thrown(e) {
		if (e instanceof Error) { return [e.name, String(e.message)]; }
		if (typeof e === 'object' && e !== null) {
			if ('forbidden' in e) { return ['forbidden', e.forbidden]; }
			if ('unauthorized' in e) { return ['unauthorized', e.unauthorized]; }
			for (var key in e) { return ['unknown_error', e[key]]; }
		}
		return ['unknown_error', e];
	}
	return {json: input.edits.map(function (edit) {
		try { validate(edit[0], edit[1], input.user, input.security); return null; } catch (e) {
			var t = thrown(e);
			return [t[0], typeof t[1] === 'string' ? t[1] : String(JSON.stringify(t[1]))];
		}
	})};
}`

// Validate asks the validate_doc_update function source about edits; see couchnode.Engine.
func Validate(ctx context.Context, e Evaluator, source string, user, security json.RawMessage,
	edits []couchnode.Edit,
) ([]*couchnode.EngineError, error) {
	var refusals []*couchnode.EngineError
	for len(edits) > 0 {
		n, size := 0, 0
		for n < len(edits) && (n == 0 || size+len(edits[n].New)+len(edits[n].Old) <= validateBatch) {
			size += len(edits[n].New) + len(edits[n].Old)
			n++
		}
		some, err := validateSome(ctx, e, source, user, security, edits[:n])
		if err != nil {
			return nil, err
		}
		refusals, edits = append(refusals, some...), edits[n:]
	}
	return refusals, nil
}

func validateSome(ctx context.Context, e Evaluator, source string, user, security json.RawMessage,
	edits []couchnode.Edit,
) ([]*couchnode.EngineError, error) {
	pairs := make([][2]json.RawMessage, len(edits))
	for i, edit := range edits {
		pairs[i] = [2]json.RawMessage{edit.New, edit.Old}
	}
	input, err := json.Marshal(map[string]any{"edits": pairs, "user": user, "security": security})
	if err != nil {
		return nil, fmt.Errorf("queryserver: validate: %w", err)
	}
	a, err := e.Do(ctx, sandbox.Job{
		Kind: sandbox.KindShow, Run: "validate", Source: fmt.Sprintf(validateShow, source), Doc: input,
		Req: json.RawMessage("null"), Limits: validateLimits,
	})
	if err != nil {
		return nil, fmt.Errorf("queryserver: validate: %w", err)
	}
	if a.Outcome != runs.OK {
		reason := "validate_doc_update: " + failureOf(a, validateLimits).Message
		return nil, &couchnode.EngineError{Word: "compilation_error", Reason: reason}
	}
	var answer struct{ JSON []*[2]string }
	if err := json.Unmarshal(a.Body, &answer); err != nil || len(answer.JSON) != len(edits) {
		return nil, fmt.Errorf("queryserver: validate: %d edits were answered by %.200s", len(edits), a.Body)
	}
	refusals := make([]*couchnode.EngineError, len(edits))
	for i, r := range answer.JSON {
		if r != nil {
			refusals[i] = &couchnode.EngineError{Word: r[0], Reason: r[1]}
		}
	}
	return refusals, nil
}
