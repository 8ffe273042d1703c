package callflow

import "context"

// setVariables is KAZOO's `set_variables` (cf_set_variables.erl): it merges data.custom_application_vars into the
// call's Custom-Application-Vars, sets them on the channel and continues. With data.export they are also set on later
// legs.
func setVariables(ctx context.Context, t *Turn) Next {
	vars, _ := clone(t.Data.Object("custom_application_vars")).(map[string]any)
	if len(vars) == 0 {
		t.Note("no variables to set")
		return Continue()
	}
	if t.Call.ApplicationVars == nil {
		t.Call.ApplicationVars = make(map[string]any, len(vars))
	}
	for name, value := range vars {
		t.Call.ApplicationVars[name] = value
	}
	if err := t.Switch.Set(ctx, Variables{Application: vars, Export: t.Data.True("export")}); err != nil {
		t.fail(err)
	}
	return Continue()
}
