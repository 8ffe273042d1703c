package crossbar

import (
	"slices"
	"strings"

	"callfn/callflow"
	"callfn/schemas"
)

// unsupported warns of nodes that no configured switch can carry out. A real call continues at their child `_`. Without
// a switch there are no real calls, and no warnings.
func (a *API) unsupported(flow any) []schemas.Warning {
	if len(a.cfg.Switches) == 0 {
		return nil
	}
	var warnings []schemas.Warning
	for _, node := range nodesOf(flow, "flow") {
		if node.data["skip_module"] == true {
			continue
		}
		var lacking []string
		for _, need := range callflow.Needs(node.module, node.data) {
			can := func(of callflow.Abilities) bool { return of.Has(need) }
			if !slices.ContainsFunc(a.cfg.Switches, can) {
				lacking = append(lacking, string(need))
			}
		}
		if len(lacking) == 0 {
			continue
		}
		message := "no switch of this service can " + strings.Join(lacking, " or ") + ": real calls go on at `_`"
		if slices.Contains(lacking, string(callflow.CanSpeak)) {
			message = "nothing of this service reads text aloud: callers hear tones instead (have the operator install " +
				"espeak-ng, or set --speech-command)"
		}
		warnings = append(warnings, schemas.Warning{
			Path: schemas.Path(slices.Concat(node.path, []string{"module"})...), Message: message,
		})
	}
	return warnings
}
