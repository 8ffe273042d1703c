package callflow

import "context"

// settable are the variables that `set_variable` knows, and the Custom-Channel-Vars they become.
var settable = map[string]string{"call_priority": "Call-Priority", "group_id": "Group-ID"}

// setVariable is KAZOO's `set_variable` (cf_set_variable.erl): it stores data.value as the channel variable
// data.variable, one of call_priority and group_id, on this leg, or with data.channel `both` on later ones as well, and
// goes on.
func setVariable(ctx context.Context, t *Turn) Next {
	name, value := settable[t.Data.String("variable")], t.Data.String("value")
	if name == "" || value == "" {
		t.Outcome(Failed)
		t.Note("nothing was set: data.variable is call_priority or group_id, and data.value its value")
		return Continue()
	}
	t.Call.setChannelVar(name, value)
	if err := t.Switch.Set(ctx, Variables{
		Channel: map[string]any{name: value},
		Export:  t.Data.String("channel") == "both",
	}); err != nil {
		t.fail(err)
	}
	return Continue()
}
