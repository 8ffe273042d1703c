package typescript

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"callfn/schemas"
)

// The schemas of a flow's node and of modules' data.
const (
	nodeSchema   = "callflows.action"
	modulePrefix = "callflows."
)

// Parameter is one key of a function's `call`. An upper-case word in brackets in its name stands for any text in that
// place.
type Parameter struct {
	Name, Description string
	Always            bool // every call has it
}

// Documents gives access to the schemas. *schemas.Set implements it.
type Documents interface {
	Modules() []string
	Document(name string) (json.RawMessage, bool)
}

var _ Documents = (*schemas.Set)(nil)

const head = `// What a callfn function gets and returns. Made from the service's own tables and schemas: do not edit.
//
// A function's source is the body of a function of type callfn.Function. A file like this can be stored as it is:
//
//   // @ts-check
//   /// <reference path="callfn.d.ts" />
//   /** @type {callfn.Function} */
//   const thanks = function (call) {
//     return {module: 'tts', data: {text: 'Thanks for calling us ' + call['Caller-ID-Name']}};
//   };
//   // @ts-ignore: callfn runs this file as the body of a function
//   return thanks(call);
//
// For a file with the body alone, call is declared at the end.
//
// A jsconfig.json beside it (docs/jsconfig.json, GET /v2/functions/jsconfig.json) has the editor underline parameters
// that a call may not have, and what functions do not have: fetch, setTimeout, process.
//
// Date is in the account's time zone. toLocaleString and Intl know the common locales and options; what they do not
// know they throw (docs/dates.md). A rehearsal's Date begins at its moment.

declare namespace callfn {
  /**
   * The body gets the call's parameters and returns the call's next flow; without one, the callflow goes on behind it.
   */
  type Function = (call: Call) => Flow | null | undefined | void;

`

const foot = `}

/** The call's parameters, in the body of a function. */
declare const call: callfn.Call;

/** Keeps a line for the record of the run. */
declare function log(...values: any[]): void;

/** Keeps a line for the record of the run, and its level: the function that is called. */
interface Console {
  log(...values: any[]): void;
  info(...values: any[]): void;
  warn(...values: any[]): void;
  error(...values: any[]): void;
  debug(...values: any[]): void;
}
declare var console: Console;
`

// Declaration writes the declarations. Its output depends only on the tables and schemas.
func Declaration(set Documents, parameters []Parameter) (string, error) {
	w := &writer{depth: 1}
	w.b.WriteString(head)
	w.call(parameters)
	w.flow(set)
	for written := 0; written < len(w.refs); written++ { // a type may refer to further ones
		w.data(set, w.refs[written])
	}
	w.b.WriteString(inNamespace + foot + atTheTop)
	return w.b.String(), w.failed
}

func (w *writer) call(parameters []Parameter) {
	w.b.WriteString("  /** What is known of the call. Every value is text; what the call has no value for is absent. " +
		"*/\n  interface Call {\n")
	for _, p := range parameters {
		optional := "?"
		if p.Always {
			optional = ""
		}
		name, pattern := shape(p.Name)
		w.b.WriteString("    /** " + p.Description + " */\n")
		if pattern {
			fmt.Fprintf(&w.b, "    readonly [name: %s]: string | undefined;\n", name)
			continue
		}
		fmt.Fprintf(&w.b, "    readonly %s%s: string;\n", name, optional)
	}
	w.b.WriteString("    /** Variables of the customer's own */\n    readonly [name: string]: string | undefined;\n  " +
		"}\n\n")
}

// shape returns a parameter's name as a property name. For a name with a part in brackets it returns the pattern of an
// index signature.
func shape(name string) (text string, pattern bool) {
	before, rest, ok := strings.Cut(name, "[")
	if word, closed := strings.CutSuffix(rest, "]"); ok && closed && word == strings.ToUpper(word) {
		return "`" + before + "[${string}]`", true
	}
	return "'" + name + "'", false
}

// flow writes a type for the node of each module, and Flow as their union.
func (w *writer) flow(set Documents) {
	modules := set.Modules()
	w.b.WriteString("  /** Goes on at the child named like what came of the node, else at `_`. */\n  interface Children " +
		"{ [key: string]: Flow }\n\n")
	w.b.WriteString("  /** A node of a callflow: a module, its data, and where the call goes on behind it. */\n  type " +
		"Flow =\n")
	for _, module := range modules {
		fmt.Fprintf(&w.b, "    | %s\n", nodeName(module))
	}
	w.b.WriteString("    ;\n\n")
	for _, module := range modules {
		s := w.document(set, modulePrefix+module)
		text, _ := s["description"].(string)
		_, text, _ = strings.Cut(text, ": ")
		optional := ""
		if !slices.ContainsFunc(texts(s["required"]), func(name string) bool { return !repaired(s, name) }) {
			optional = "?" // a missing object is filled in
		}
		w.b.WriteString(w.comment(strings.ToUpper(text[:min(1, len(text))]) + text[min(1, len(text)):]))
		fmt.Fprintf(&w.b, "  interface %s { module: '%s'; data%s: %s; children?: Children }\n\n", nodeName(module), module,
			optional, w.reference(modulePrefix+module))
	}
}

// repaired reports whether a required property may be left out because it has a default.
func repaired(s schema, name string) bool {
	properties, _ := s["properties"].(schema)
	property, _ := properties[name].(schema)
	_, ok := property["default"]
	return ok
}

func nodeName(module string) string {
	return strings.TrimSuffix(typeName(modulePrefix+module), "Data") + "Node"
}

func (w *writer) data(set Documents, name string) {
	s := w.document(set, name)
	text, _ := s["description"].(string)
	w.b.WriteString(w.comment(text))
	fmt.Fprintf(&w.b, "  type %s = %s;\n\n", typeName(name), w.typeOf(s))
}

func (w *writer) document(set Documents, name string) schema {
	raw, ok := set.Document(name)
	if !ok {
		w.failed = fmt.Errorf("typescript: there is no schema %s", name)
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var s schema
	if err := dec.Decode(&s); err != nil {
		w.failed = fmt.Errorf("typescript: schema %s: %w", name, err)
	}
	return s
}
