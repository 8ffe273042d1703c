package workload

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"

	"callfn/internal/function/params"
)

//go:embed testdata
var files embed.FS

// Function is a function to be measured.
type Function struct {
	Name   string
	About  string // what it stands for, in a few words
	Source string // function body, ECMAScript 5, so that every engine runs it

	extra map[string]any // what its calls have besides, as callflow.ParseCall takes it
}

// Functions are what customers write, the usual ones first. Each returns a flow that validates.
func Functions() []Function {
	return []Function{
		read("hello", "KAZOO's documented example"),
		read("table", "a table of 300 extensions"),
		read("opening_hours", "weekdays, holidays, a lunch break"),
		read("prefixes", "longest of 1,000 prefixes"),
		read("json_64k", "64 KB of JSON in and out").with("Custom-Application-Vars", map[string]any{"order": order()}),
		read("heavy", "20,000 steps of string building, a regular expression, JSON"),
	}
}

// Hostile are functions that give no flow and cost as much as they are let.
func Hostile() []Function {
	return []Function{
		read("hostile/endless_loop", "ended by the engine"),
		read("hostile/native_loop", "ended with its process"),
		read("hostile/memory_bomb", "ended at the memory cap"),
		read("hostile/recursion", "overflows the stack"),
		read("hostile/flood", "answers too much"),
	}
}

// Named finds one of Functions.
func Named(name string) (Function, bool) {
	for _, f := range Functions() {
		if f.Name == name {
			return f, true
		}
	}
	return Function{}, false
}

// Call describes a pretend call of the function, as callflow.ParseCall and the API take it.
func (f Function) Call() map[string]any {
	call := map[string]any{
		"Call-ID": "1234567890@10.0.0.1", "To": "1350@acme.example", "From": "4158867900@acme.example",
		"Caller-ID-Name": "Alice", "Caller-ID-Number": "4158867900", "Language": "en-us",
		"Custom-Channel-Vars": map[string]any{
			"Authorizing-Type": "device",
			"Authorizing-ID":   "0123456789abcdef0123456789abcdef", "Inception": "4158867900@10.0.0.1",
		},
		"Custom-SIP-Headers": map[string]any{"X-Ticket": "4711"},
	}
	for name, value := range f.extra {
		call[name] = value
	}
	return call
}

// Params are the call's parameters as a function sees them, for places that are asked without a callflow.
func (f Function) Params() map[string]string {
	call := f.Call()
	// as KAZOO hands them over: users, and realms apart
	call["To"], call["From"], call["Request"] = "1350", "4158867900", "1350"
	call["To-Realm"], call["From-Realm"], call["Request-Realm"] = "acme.example", "acme.example", "acme.example"
	flat, err := params.Flatten(call)
	if err != nil {
		panic(err) // the calls are made above
	}
	return flat
}

func (f Function) with(name string, value any) Function {
	f.extra = map[string]any{name: value}
	return f
}

// read reads a function that is embedded: a missing one is a mistake in this package.
func read(name, about string) Function {
	source, err := files.ReadFile("testdata/" + name + ".js")
	if err != nil {
		panic(err)
	}
	return Function{Name: strings.TrimPrefix(name, "hostile/"), About: about, Source: strings.TrimSpace(string(source))}
}

// order is 64 KB of JSON: a web shop's order.
func order() string {
	type item struct {
		SKU   string `json:"sku"`
		Name  string `json:"name"`
		Price int    `json:"price"`
	}
	var o struct {
		Customer string `json:"customer"`
		Items    []item `json:"items"`
	}
	o.Customer = "Alice"
	for n := range 1165 {
		o.Items = append(o.Items, item{fmt.Sprintf("SKU-%08d", n), fmt.Sprintf("article %d", n), 100 + n})
	}
	text, err := json.Marshal(o)
	if err != nil {
		panic(err) // of text and numbers
	}
	return string(text)
}
