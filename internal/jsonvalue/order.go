package jsonvalue

import (
	"maps"
	"slices"
)

// Order is the order in which the members of an object were written, and those of every object below it. JSON calls
// objects unordered, but KAZOO and CouchDB keep the order of members, and some of them mean something: a
// temporal_route without rules tries its children in order. A value itself is a plain map, so its Order stands beside
// it and survives what becomes of the map: members that the Order does not name come after those it names, in the
// order of their names, and names that the map does not have are passed over. The nil Order names nothing. An Order
// is never changed, so it may be shared.
type Order struct {
	names []string // an object's members, each once; nil for an array
	below []*Order // of these members' values, or of an array's elements; nil where none of them has an Order
}

// NewOrder is the Order of an object with these members, each named once. below are the Orders of their values, nil
// where they have none.
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

// missing lists the members of obj that are not among names, sorted.
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

// Member gives the Order of a member's value, nil when it has none.
func (o *Order) Member(name string) *Order {
	if o == nil || o.below == nil {
		return nil
	}
	if i := slices.Index(o.names, name); i >= 0 {
		return o.below[i]
	}
	return nil
}

// Element gives the Order of an array's element, nil when it has none.
func (o *Order) Element(i int) *Order {
	if o == nil || o.names != nil || i < 0 || i >= len(o.below) {
		return nil
	}
	return o.below[i]
}

// With is o with below as the Order of a member's value. A member that o does not name becomes its last.
func (o *Order) With(name string, below *Order) *Order {
	next := &Order{}
	if o != nil && o.names != nil { // that of an array is none
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

// In is the Order in which v is written with o: that of o, completed with the members that o does not name.
func (o *Order) In(v any) *Order {
	switch v := v.(type) {
	case map[string]any:
		next, at := &Order{names: o.Names(v)}, 0
		for i, name := range next.names { // those that o names come first, in its order
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

// Sorted reports whether the members of the object, and of every object below it, stand in the order of their names.
func (o *Order) Sorted() bool {
	if o == nil {
		return true
	}
	if !slices.IsSorted(o.names) {
		return false
	}
	return !slices.ContainsFunc(o.below, func(below *Order) bool { return !below.Sorted() })
}

// Renamed is the Order of what becomes of a value whose members are renamed, at every depth.
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

// Merge is the Order of what [Merge] makes of two values: the members of the base stay where they are, those that
// only the patch has come after them.
func (o *Order) Merge(patch *Order) *Order {
	switch {
	case o == nil || o.names == nil:
		if patch == nil {
			return o
		}
		return patch
	case patch == nil:
		return o
	case patch.names == nil: // arrays are replaced
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
