package crossbar

import (
	"callfn/callflow"
	"callfn/internal/datastore"
	"callfn/schemas"
)

// callflowResources returns the kinds of documents that callflow modules refer to: menus, devices, lists, time rules
// and sets of them (docs/reference/kazoo.md#modules). They are stored beside the callflows.
func (a *API) callflowResources() []*documentKind {
	return []*documentKind{
		a.menus(),
		a.devices(),
		a.lists(),
		a.temporalRules(),
		a.temporalRuleSets(),
	}
}

func (a *API) menus() *documentKind {
	k := a.callflowResource("menus", callflow.MenuKind, nil)
	k.remark = func(_ *exchange, doc datastore.Document) []schemas.Warning { return a.unheard(mediaOfMenu(doc)) }
	return k
}

func (a *API) temporalRules() *documentKind {
	k := a.callflowResource("temporal_rules", callflow.TemporalRuleKind, usableRule)
	k.remark = func(_ *exchange, doc datastore.Document) (out []schemas.Warning) {
		for _, r := range callflow.RuleRemarks(doc, a.cfg.Now()) {
			out = append(out, schemas.Warning{Path: r.Field, Message: r.Message})
		}
		return out
	}
	return k
}

func (a *API) temporalRuleSets() *documentKind {
	k := a.callflowResource("temporal_rules_sets", callflow.TemporalRuleSetKind, nil)
	k.listing.computed = []string{"rules"} // temporal_rules
	k.remark = func(x *exchange, doc datastore.Document) []schemas.Warning {
		return a.missingReferences(x, doc, idsIn([]string{"temporal_rules"}, doc["temporal_rules"], ruleKinds[:1]))
	}
	return k
}

func (a *API) lists() *documentKind {
	k := a.callflowResource("lists", callflow.ListKind, nil)
	k.remark = func(_ *exchange, doc datastore.Document) []schemas.Warning { return idleEntries(doc) }
	return k
}

func (a *API) devices() *documentKind {
	k := a.callflowResource("devices", callflow.DeviceKind, nil)
	k.listing.computed = []string{"username"} // sip.username
	k.remark = func(x *exchange, doc datastore.Document) []schemas.Warning {
		return append(undialableForward(doc),
			a.missingReferences(x, doc, idsIn([]string{"owner_id"}, doc["owner_id"], []string{"user"}))...)
	}
	return k
}

// callflowResource returns one of these kinds, named like its schema.
func (a *API) callflowResource(name string, kind callflow.Kind,
	check func(datastore.Document) schemas.FieldErrors,
) *documentKind {
	collection := callflow.ResourceCollection(a.cfg.Datastores, kind)
	k := &documentKind{
		name: name, schema: name, collection: collection, validator: a.cfg.Schemas, random: a.cfg.Random, stamp: a.stamp,
		extraLimit: a.cfg.ExtraLimit, listing: listing{view: collection.ByAccount},
		room:      a.cfg.Quota.roomFor,
		stillUsed: a.stillUsed,
	}
	if check != nil {
		k.check = func(_ *exchange, _, doc datastore.Document) (schemas.FieldErrors, any, error) {
			return check(doc), nil, nil
		}
	}
	return k
}

// usableRule refuses a rule that would break KAZOO's temporal_route during a call: a monthly or yearly rule without
// days must name exactly one weekday.
func usableRule(doc datastore.Document) schemas.FieldErrors {
	var fields schemas.FieldErrors
	cycle := doc.Text("cycle")
	days, _ := doc["days"].([]any)
	wdays, _ := doc["wdays"].([]any)
	if (cycle == "monthly" || cycle == "yearly") && len(days) == 0 && len(wdays) != 1 {
		fields.Add("wdays", "invalid", schemas.Violation{
			"message": "A monthly or yearly rule needs days, or an ordinal and exactly one weekday", "value": "wdays",
		})
	}
	return fields
}
