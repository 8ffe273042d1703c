package callrecord

import (
	"encoding/json"
	"time"

	"callfn/internal/calls"
	"callfn/internal/clip"
	"callfn/internal/datastore"
)

// mostText bounds what callers and customers chose, in bytes.
const mostText = 255

// document makes a record's document. Keys that were pressed, headers and variables of the call are not in it.
func document(id string, r calls.Record) datastore.Document {
	doc := datastore.Document{
		"_id": id, "pvt_type": DocumentType, "pvt_account_id": string(r.Account),
		"pvt_created": datastore.Gregorian(r.Finished), "pvt_modified": datastore.Gregorian(r.Finished),

		"call_id": clipped(r.CallID), "call_direction": "inbound", "app_name": "callfn", "media_server": r.Switch,
		"caller_id_name": clipped(r.CallerIDName), "caller_id_number": clipped(r.CallerIDNumber),
		"from": clipped(r.From.User + "@" + r.From.Realm), "to": clipped(r.To.User + "@" + r.To.Realm),
		"request": clipped(r.Request.User + "@" + r.Request.Realm), "dialed_number": clipped(r.Request.User),
		"timestamp": datastore.Gregorian(r.Began), "unix_timestamp": r.Began.Unix(),
		"datetime":    r.Began.UTC().Format(time.DateTime),
		"iso_8601":    r.Began.UTC().Format(time.RFC3339),
		"duration_ms": r.Duration().Milliseconds(), "duration_seconds": seconds(r.Duration()),
		"billing_seconds": seconds(r.Billing()),
		"ringing_seconds": seconds(r.Ringing()),
		"hangup_cause":    r.Ended.Cause, "disposition": string(r.Ended.How),
	}
	for name, value := range map[string]string{
		"owner_id": r.OwnerID, "authorizing_id": r.AuthorizingID, "authorizing_type": r.AuthorizingType,
		"ended_hint": r.Ended.Hint,
	} {
		if value != "" {
			doc[name] = clipped(value)
		}
	}
	if r.Callflow != nil {
		f := map[string]any{
			"id": string(r.Callflow.ID), "name": clipped(r.Callflow.Name), "matched": string(r.Callflow.MatchedBy),
			"number": clipped(r.Callflow.Number),
		}
		if r.Callflow.Pattern != "" {
			f["pattern"] = clipped(r.Callflow.Pattern)
		}
		doc["callflow"] = f
	}
	if r.More > 0 {
		doc["more_steps"] = r.More
	}
	if ran := runsOf(r); len(ran) > 0 {
		doc["runs"] = ran
	}
	doc["steps"] = steps(r)
	return doc
}

// runsOf lists the ids of the runs of functions, in order.
func runsOf(r calls.Record) []any {
	var ran []any
	for _, step := range r.Steps {
		if step.Function != nil && step.Function.Run != "" {
			ran = append(ran, string(step.Function.Run))
		}
	}
	return ran
}

// steps are the steps as JSON decoding gives them.
func steps(r calls.Record) []any {
	out := make([]any, 0, len(r.Steps))
	for _, step := range r.Steps {
		text, err := json.Marshal(step)
		var value any
		if err == nil {
			err = json.Unmarshal(text, &value)
		}
		if err != nil {
			value = map[string]any{"index": step.Index, "module": step.Module, "outcome": string(step.Outcome)}
		}
		out = append(out, value)
	}
	return out
}

func seconds(d time.Duration) int64 { return int64(max(d, 0).Round(time.Second) / time.Second) }

func clipped(text string) string { return clip.Text(text, mostText) }
