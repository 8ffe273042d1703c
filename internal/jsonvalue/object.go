package jsonvalue

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"

	"callfn/internal/strictjson"
)

// Object is a JSON object that keeps the order of its members. Code that ignores order, such as schemas, uses Members,
// a plain value.
type Object struct {
	Members map[string]any
	Order   *Order
}

// IsZero reports whether there is no object. An empty object is not zero.
func (o Object) IsZero() bool { return o.Members == nil }

// At returns the member name as an object with its own order, and whether it is an object.
func (o Object) At(name string) (Object, bool) {
	members, ok := o.Members[name].(map[string]any)
	return Object{Members: members, Order: o.Order.Member(name)}, ok
}

// Names lists the members in order.
func (o Object) Names() []string { return o.Order.Names(o.Members) }

// MarshalJSON writes the members in order.
func (o Object) MarshalJSON() ([]byte, error) {
	if o.Members == nil {
		return []byte("null"), nil
	}
	return o.Order.Append(nil, o.Members)
}

// UnmarshalJSON reads an object like [Decode] but without its limits: the text is in memory already, and encoding/json
// bounds its depth.
func (o *Object) UnmarshalJSON(data []byte) error {
	v, err := Decode(data, Limits{Bytes: len(data), Depth: 10_000, Values: len(data)})
	if err != nil {
		return err
	}
	members, ok := v.(map[string]any)
	if !ok && v != nil {
		return errors.New("json: not an object")
	}
	*o = Object{Members: members, Order: OrderOf(data)}
	return nil
}

// Append appends v to dst: compact, members in order, numbers as they were read, no HTML escaping. It fails only for
// values that are not JSON.
func (o *Order) Append(dst []byte, v any) ([]byte, error) {
	var err error
	switch v := v.(type) {
	case map[string]any:
		if v == nil {
			return append(dst, "null"...), nil
		}
		return o.appendObject(dst, v)
	case []any:
		if v == nil {
			return append(dst, "null"...), nil
		}
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = o.Element(i).Append(dst, e); err != nil {
				return nil, err
			}
		}
		return append(dst, ']'), nil
	case string:
		return strictjson.AppendString(dst, v), nil
	}
	return appendOther(dst, v)
}

func (o *Order) appendObject(dst []byte, obj map[string]any) (_ []byte, err error) {
	dst = append(dst, '{')
	first, found := true, 0
	member := func(name string, v any, below *Order) error {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst, err = below.Append(append(strictjson.AppendString(dst, name), ':'), v)
		return err
	}
	if o != nil {
		for i, name := range o.names {
			v, there := obj[name]
			if !there {
				continue
			}
			found++
			var below *Order
			if o.below != nil {
				below = o.below[i]
			}
			if err := member(name, v, below); err != nil {
				return nil, err
			}
		}
	}
	if found < len(obj) {
		for _, name := range o.Names(obj)[found:] {
			if err := member(name, obj[name], nil); err != nil {
				return nil, err
			}
		}
	}
	return append(dst, '}'), nil
}

// appendOther appends anything but an object, an array or a string. Values from Go code may be anything that
// encoding/json writes.
func appendOther(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		if v {
			return append(dst, "true"...), nil
		}
		return append(dst, "false"...), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case json.Number:
		if isNumber(string(v)) {
			return append(dst, v...), nil
		}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...), nil
}
