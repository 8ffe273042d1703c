package schemas

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"

	"callfn/internal/jsonvalue"
)

// completer copies one hostile value, within limits, and writes a plan's defaults into the copy.
type completer struct {
	limits  Limits
	path    []string
	values  int
	nodes   int
	tooDeep string // where the copy was cut off
	cut     bool
	errs    FieldErrors
}

// complete returns a copy of v with defaults written in. If v exceeds the limits or has a value that is not JSON, errs
// says so and the copy must not be used.
func complete(v any, p *plan, limits Limits) (any, FieldErrors) {
	c := completer{limits: limits}
	out := c.copy(v)
	if c.errs != nil {
		return nil, c.errs
	}
	c.apply(p, out, 0)
	if c.cut && c.errs == nil {
		c.errs.Add(c.tooDeep, "maxDepth", Violation{
			"message": fmt.Sprintf("Value is nested deeper than %d levels", limits.Depth), "target": number(limits.Depth),
		})
	}
	return out, c.errs
}

// apply writes defaults into v, which is a copy. The depth of the copy bounds its recursion.
func (c *completer) apply(p *plan, v any, nodeDepth int) {
	if p == nil {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		if p.family != nil {
			if nodeDepth++; !c.countNode(nodeDepth) {
				return
			}
		}
		c.applyObject(p, v, nodeDepth)
	case []any:
		for i, e := range v {
			sub := p.items
			if i < len(p.tuple) {
				sub = p.tuple[i]
			}
			if sub != nil {
				v[i] = c.slot(sub, strconv.Itoa(i), e, nodeDepth)
			}
		}
	}
	for _, sub := range p.also {
		c.apply(sub, v, nodeDepth)
	}
	for _, choices := range p.choices {
		c.choose(choices, v, nodeDepth)
	}
}

func (c *completer) applyObject(p *plan, obj map[string]any, nodeDepth int) {
	for _, d := range p.defaults {
		if _, there := obj[d.name]; !there {
			obj[d.name] = jsonvalue.Copy(d.value)
		}
	}
	for k, e := range obj {
		sub, known := p.props[k]
		if known {
			e = c.slot(sub, k, e, nodeDepth)
			obj[k] = e
		}
		matched := known
		for _, pattern := range p.patterns {
			if pattern.pattern.MatchString(k) {
				matched = true
				e = c.slot(pattern.plan, k, e, nodeDepth)
				obj[k] = e
			}
		}
		if !matched && p.extra != nil {
			obj[k] = c.slot(p.extra, k, e, nodeDepth)
		}
	}
	if p.family != nil {
		module, _ := obj["module"].(string)
		if data, ok := obj["data"].(map[string]any); ok {
			c.slot(p.family.plans[module], "data", data, nodeDepth)
		}
	}
}

// slot completes the value e under key and returns its replacement.
func (c *completer) slot(p *plan, key string, e any, nodeDepth int) any {
	if p == nil {
		return e
	}
	if p.integer {
		if n, ok := e.(json.Number); ok {
			return plainInteger(n)
		}
	}
	c.path = append(c.path, key)
	c.apply(p, e, nodeDepth)
	c.path = c.path[:len(c.path)-1]
	return e
}

// choose writes the defaults of the first branch that v fits. It tries each branch on a copy, since its defaults may
// make v fit.
func (c *completer) choose(choices []choice, v any, nodeDepth int) {
	obj, ok := v.(map[string]any)
	if !ok {
		return
	}
	for _, choice := range choices {
		if choice.plan == nil {
			continue
		}
		trial := jsonvalue.CopyObject(obj)
		c.apply(choice.plan, trial, nodeDepth)
		if c.errs == nil && fits(choice.rules, trial) {
			maps.Copy(obj, trial)
			return
		}
	}
}

// countNode reports whether one more node at depth nodeDepth is within the limits.
func (c *completer) countNode(nodeDepth int) bool {
	if nodeDepth > c.limits.NodeDepth {
		c.errs.Add(Path(c.path...), "maxDepth", Violation{
			"message": fmt.Sprintf("The flow is more than %d nodes deep", c.limits.NodeDepth),
			"target":  number(c.limits.NodeDepth),
		})
		return false
	}
	if c.nodes++; c.nodes > c.limits.Nodes {
		if c.nodes == c.limits.Nodes+1 {
			c.errs.Add(c.flowPath(), "maxNodes", Violation{
				"message": fmt.Sprintf("The flow has more than %d nodes", c.limits.Nodes), "target": number(c.limits.Nodes),
			})
		}
		return false
	}
	return true
}

// flowPath returns the path of the flow's root: the part before the first "children".
func (c *completer) flowPath() string {
	for i, e := range c.path {
		if e == "children" {
			return Path(c.path[:i]...)
		}
	}
	return Path(c.path...)
}
