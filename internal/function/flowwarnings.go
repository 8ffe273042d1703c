package function

import (
	"fmt"
	"strings"

	"callfn/internal/function/lint"
	"callfn/schemas"
)

// invalidFlows warns of flows that are written in the source behind a return and that no call could take: an unknown
// module, a missing or misspelt field. What is known only at run time is left out.
func (r *Runner) invalidFlows(source string) []Warning {
	if r.cfg.Flows == nil {
		return nil
	}
	var warnings []Warning
	for _, flow := range lint.Flows(source) {
		if len(warnings) == maxWarnings {
			break
		}
		if message := r.aboutFlow(flow); message != "" {
			warnings = append(warnings, Warning{Message: message, Line: flow.Line, Column: flow.Column, rule: "flow"})
		}
	}
	return warnings
}

// aboutFlow says what is wrong with a flow that is written in a source; "" where nothing is.
func (r *Runner) aboutFlow(flow lint.Flow) string {
	if _, there := flow.Value["module"]; !there {
		advice := adviseOnObject(flow.Value)
		if advice == "" {
			advice = "return {module: '…', data: {…}};"
		}
		return "the object that is returned has no `module`, and is no flow: " + advice
	}
	_, fields := r.cfg.Flows.ValidateFlow(flow.Value)
	wrong := schemas.FieldErrors{}
	for path, checks := range fields {
		if !dependsOn(strings.TrimPrefix(path, "flow."), flow.Unknown) {
			wrong[path] = checks
		}
	}
	if len(wrong) > 0 {
		advice := adviseOnChildren(flow.Value)
		if advice != "" {
			advice = "; " + advice
		}
		return "this flow is not valid, and calls that get here go on at the `_` child: " + failing(wrong) + advice
	}
	if len(fields) > 0 {
		return ""
	}
	for _, w := range r.cfg.Flows.FlowWarnings(flow.Value) {
		if !dependsOn(strings.TrimPrefix(w.Path, "flow."), flow.Unknown) {
			return fmt.Sprintf("%s: %s", w.Path, w.Message)
		}
	}
	return ""
}

// dependsOn reports whether a fault at a path may come from a value that is not known: at it, around it or below it. A
// node whose module is not known may be anything.
func dependsOn(path string, unknown []string) bool {
	for _, u := range unknown {
		if node, ok := strings.CutSuffix(u, "module"); ok && strings.HasPrefix(path+".", node) {
			return true
		}
		if path == u || path == "flow" || strings.HasPrefix(path, u+".") || strings.HasPrefix(u, path+".") {
			return true
		}
	}
	return false
}
