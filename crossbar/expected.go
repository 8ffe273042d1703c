package crossbar

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"callfn/callflow"
	"callfn/internal/datastore"
	"callfn/internal/runs"
	"callfn/internal/savedcase"
	"callfn/schemas"
)

// The members that an expectation can name of a step, and of how a call ends.
var (
	stepMembers  = jsonMembers(reflect.TypeFor[callflow.Step]())
	endedMembers = jsonMembers(reflect.TypeFor[callflow.Ended]())

	effectMembers = jsonMembers(reflect.TypeFor[runs.Effect]())
)

// endings are the ways in which a call ends.
var endings = []callflow.How{
	callflow.EndHangup, callflow.EndFlow, callflow.EndResponse, callflow.EndCaller, callflow.EndAnswered,
	callflow.EndBranchLimit, callflow.EndStepLimit, callflow.EndCancelled, callflow.EndNoCallflow,
}

// jsonMembers are the names of a struct's members in JSON.
func jsonMembers(of reflect.Type) (names []string) {
	for i := range of.NumField() {
		if name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ","); name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// remark warns of a case's expectations that no call can meet, and of a case that every call meets.
func (t *tested) remark(_ *exchange, doc datastore.Document) (warnings []schemas.Warning) {
	c := savedcase.Of(shownInOrder(doc))
	below := func(path string, found []schemas.Warning) {
		for _, w := range found {
			warnings = append(warnings, schemas.Warning{Path: path + "." + w.Path, Message: w.Message, Suggestion: w.Suggestion})
		}
	}
	steps, expectsSteps := c.Expected["steps"].([]any)
	for i, step := range steps {
		if members, ok := step.(map[string]any); ok {
			below("expected.steps."+strconv.Itoa(i), schemas.UnknownMembers(stepMembers, members))
		}
	}
	effects, _ := c.Expected["effects"].([]any)
	for i, effect := range effects {
		if members, ok := effect.(map[string]any); ok {
			below("expected.effects."+strconv.Itoa(i), schemas.UnknownMembers(effectMembers, members))
		}
	}
	if expectsSteps && len(steps) == 0 && len(c.Expected) == 1 && t.about == savedcase.OfCallflow {
		warnings = append(warnings, schemas.Warning{
			Path: "expected.steps", Message: "the case expects no step, so it passes whatever the callflow does",
		})
	}
	if ended, ok := c.Expected["ended"].(map[string]any); ok {
		below("expected.ended", schemas.UnknownMembers(endedMembers, ended))
		how, _ := ended["how"].(string)
		if how != "" && !slices.Contains(endings, callflow.How(how)) {
			warnings = append(warnings, schemas.Warning{
				Path: "expected.ended.how", Message: "no call ends so: want one of " + joinedEndings(),
			})
		}
	}
	if flow, ok := c.Expected["flow"].(map[string]any); ok {
		below("expected.flow", t.api.cfg.Schemas.PatchWarnings("callflows.action", maps.Clone(flow), nil))
	}
	return warnings
}

func joinedEndings() string {
	names := make([]string, len(endings))
	for i, how := range endings {
		names[i] = string(how)
	}
	return strings.Join(names, ", ")
}
