package jsonvalue

import (
	"maps"
	"slices"
)

// Order is the order in which the members of an object, and of every object below it, were written. JSON calls objects
// unordered, but KAZOO and CouchDB keep the order of members, and in some objects it has a meaning: a temporal_route
// without rules tries its children in order.
//
// A value itself is a plain map. Its Order is separate and stays usable when the map changes. Members that the Order
// does not name come after those it names, sorted by name; names that the map lacks are skipped. The nil Order names
// nothing. An Order is immutable, so it may be shared.
type Order struct {
	names []string // an object's members, each once; nil for an array
	below []*Order // Orders of these members' values, or of an array's elements; nil if none has one
}

// NewOrder returns the Order of an object with these members, each named once. below holds the Orders of their values,
// nil for values without one.
func NewOrder(names []string, below []*Order) *Order {
	if len(names) == 0 {
		return nil
	}
	return &Order{names: names, below: below}
}

// Names lists the members of obj in order.
func (o *Order) Names(obj map[string]any) []string {
	names := make([]string, 0, len(obj))
	if o != nil {
		for _, name := range o.names {
			if _, there := obj[name]; there {
				names = append(names, name)
			}
		}
	}
	if len(names) == len(obj) {
		return names
	}
	return append(names, missing(obj, names)...)
}

// missing returns the members of obj that are not in names, sorted.
func missing(obj map[string]any, names []string) []string {
	if len(names) == 0 {
		return slices.Sorted(maps.Keys(obj))
	}
	rest := maps.Clone(obj)
	for _, name := range names {
		delete(rest, name)
	}
	return slices.Sorted(maps.Keys(rest))
}

// Member returns the Order of a member's value, or nil if it has none.
func (o *Order) Member(name string) *Order {
	if o == nil || o.below == nil {
		return nil
	}
	if i := slices.Index(o.names, name); i >= 0 {
		return o.below[i]
	}
	return nil
}

// Element returns the Order of an array's element, or nil if it has none.
func (o *Order) Element(i int) *Order {
	if o == nil || o.names != nil || i < 0 || i >= len(o.below) {
		return nil
	}
	return o.below[i]
}

// With returns o with below as the Order of a member's value. A member that o does not name becomes its last.
func (o *Order) With(name string, below *Order) *Order {
	next := &Order{}
	if o != nil && o.names != nil { // the Order of an array has no members
		next.names, next.below = slices.Clone(o.names), slices.Clone(o.below)
	}
	i := slices.Index(next.names, name)
	if i < 0 {
		i = len(next.names)
		next.names = append(next.names, name)
	}
	if next.below == nil && below == nil {
		return next
	}
	for len(next.below) < len(next.names) {
		next.below = append(next.below, nil)
	}
	next.below[i] = below
	return next
}

// In returns the Order in which o writes v: o itself, completed with the members that o does not name.
func (o *Order) In(v any) *Order {
	switch v := v.(type) {
	case map[string]any:
		next, at := &Order{names: o.Names(v)}, 0
		for i, name := range next.names { // the members that o names come first, in its order
			for o != nil && at < len(o.names) && o.names[at] != name {
				at++
			}
			var below *Order
			if o != nil && at < len(o.names) && o.below != nil {
				below = o.below[at]
			}
			next.add(i+1, below.In(v[name]))
		}
		return next.filled()
	case []any:
		next := &Order{}
		for i, e := range v {
			next.add(i+1, o.Element(i).In(e))
		}
		return next.filled()
	}
	return nil
}

// Sorted reports whether the members of the object, and of every object below it, are sorted by name.
func (o *Order) Sorted() bool {
	if o == nil {
		return true
	}
	if !slices.IsSorted(o.names) {
		return false
	}
	return !slices.ContainsFunc(o.below, func(below *Order) bool { return !below.Sorted() })
}

// Renamed returns the Order of a value after its members are renamed at every depth.
func (o *Order) Renamed(rename func(string) string) *Order {
	if o == nil {
		return nil
	}
	next := &Order{}
	for _, name := range o.names {
		next.names = append(next.names, rename(name))
	}
	for _, below := range o.below {
		next.below = append(next.below, below.Renamed(rename))
	}
	if next.names == nil {
		return next
	}
	return next.unique()
}

// Merge returns the Order of the result of [Merge]: the base's members keep their places, and members that only the
// patch has follow.
func (o *Order) Merge(patch *Order) *Order {
	switch {
	case o == nil || o.names == nil:
		if patch == nil {
			return o
		}
		return patch
	case patch == nil:
		return o
	case patch.names == nil: // a merge replaces arrays
		return patch
	}
	merged := &Order{names: slices.Clone(o.names), below: make([]*Order, len(o.names), len(o.names)+len(patch.names))}
	copy(merged.below, o.below)
	place := make(map[string]int, len(o.names))
	for i, name := range o.names {
		place[name] = i
	}
	for i, name := range patch.names {
		var below *Order
		if patch.below != nil {
			below = patch.below[i]
		}
		if at, known := place[name]; known {
			merged.below[at] = merged.below[at].Merge(below)
			continue
		}
		merged.names, merged.below = append(merged.names, name), append(merged.below, below)
	}
	return merged
}
