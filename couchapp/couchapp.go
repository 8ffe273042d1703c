// Package couchapp holds the design documents as plain files and assembles them.
//
// A folder is a design document, a file in shows/ a show function, views/{name}/map.js and reduce.js a view. A line `//
// !code lib/x.js` is replaced by that file, as in the couchapp tool, since one source must run on engines with and
// without CommonJS modules.
package couchapp

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

//go:embed accounts callflows function_runs functions monthly
var files embed.FS

// The languages that evaluate a design document's functions.
const (
	JavaScript = "javascript" // CouchDB's own engine
	Callfn     = "callfn"     // callfn's query server
)

// View is one view of a design document.
type View struct {
	Map    string `json:"map"`
	Reduce string `json:"reduce,omitempty"`
}

// DesignDoc is an assembled design document, without revision.
type DesignDoc struct {
	ID       string            `json:"_id"` // "_design/functions"
	Language string            `json:"language"`
	Shows    map[string]string `json:"shows,omitempty"`
	Views    map[string]View   `json:"views,omitempty"`
}

// monthly is the folder of the design documents for monthly databases.
const monthly = "monthly"

// Monthly assembles a design document for monthly databases, such as call_records.
func Monthly(name string) (DesignDoc, error) {
	d, err := Assemble(monthly+"/"+name, JavaScript)
	d.ID = "_design/" + name
	return d, err
}

// Names lists the design documents, which are named after their databases. It leaves out those of monthly databases:
// see Monthly.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil { // the embedded root is always readable
		return nil
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		if e.Name() != monthly {
			names = append(names, e.Name())
		}
	}
	return names
}

// Assemble builds the design document with that name for a language. It returns an error for an unknown name or a
// broken `!code` line.
func Assemble(name, language string) (DesignDoc, error) {
	d := DesignDoc{ID: "_design/" + name, Language: language, Shows: map[string]string{}, Views: map[string]View{}}
	err := fs.WalkDir(files, name, func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		return d.add(name, file)
	})
	if err != nil {
		return DesignDoc{}, fmt.Errorf("couchapp: assemble %s: %w", d.ID, err)
	}
	return d, nil
}

// add puts one file where its path says.
func (d *DesignDoc) add(name, file string) error {
	parts := strings.Split(strings.TrimPrefix(file, name+"/"), "/")
	if parts[0] == "lib" {
		return nil
	}
	source, err := source(name, file)
	if err != nil {
		return err
	}
	switch {
	case len(parts) == 2 && parts[0] == "shows":
		d.Shows[strings.TrimSuffix(parts[1], ".js")] = source
	case len(parts) == 3 && parts[0] == "views" && parts[2] == "map.js":
		v := d.Views[parts[1]]
		v.Map = source
		d.Views[parts[1]] = v
	case len(parts) == 3 && parts[0] == "views" && parts[2] == "reduce.js":
		v := d.Views[parts[1]]
		v.Reduce = strings.TrimSpace(source)
		d.Views[parts[1]] = v
	default:
		return fmt.Errorf("%s belongs to no part of a design document", file)
	}
	return nil
}

var codeLine = regexp.MustCompile(`(?m)^[ \t]*// !code (\S+)[ \t]*$`)

// source reads a file and removes what stands before its function, since CouchDB's compilers differ on what they accept
// there.
func source(name, file string) (string, error) {
	text, err := files.ReadFile(file)
	if err != nil {
		return "", err
	}
	s := withoutHeader(string(text))
	var missing error
	s = codeLine.ReplaceAllStringFunc(s, func(line string) string {
		lib := codeLine.FindStringSubmatch(line)[1]
		part, err := files.ReadFile(path.Join(name, lib))
		if err != nil {
			missing = fmt.Errorf("%s: %w", file, err)
		}
		return strings.TrimSpace(withoutHeader(string(part)))
	})
	return s, missing
}

// withoutHeader removes the comment that explains a file.
func withoutHeader(s string) string {
	for strings.HasPrefix(s, "//") && !codeLine.MatchString(s[:strings.IndexByte(s+"\n", '\n')]) {
		_, s, _ = strings.Cut(s, "\n")
	}
	return s
}

// JSON returns the document as it is stored, without revision.
func (d DesignDoc) JSON() (json.RawMessage, error) {
	b, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("couchapp: encode %s: %w", d.ID, err)
	}
	return b, nil
}
