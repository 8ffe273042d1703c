// Package couchtest is a contract suite for servers that speak CouchDB's protocol: couchnode in-process and on a
// socket, pouchdb-server, and Apache CouchDB. The cases are text (testdata/cases) and can be read without knowing any
// of the four. Where a peer differs, testdata/known/<peer>.txt lists the case and the reason. A listed difference that
// no longer occurs fails the suite, so the list only shrinks in a reviewed change.
package couchtest
