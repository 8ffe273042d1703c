package callflow

import "context"

// settable maps the variables of `set_variable` to the Custom-Channel-Vars that they set.
var settable = map[string]string{"call_priority": "Call-Priority", "group_id": "Group-ID"}

// setVariable is KAZOO's `set_variable` (cf_set_variable.erl): it sets the channel variable data.variable,
// call_priority or group_id, to data.value on this leg and continues. With data.channel `both` it sets it on later legs
// too.
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
