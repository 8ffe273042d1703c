// Package couchtest is the contract that every CouchDB in callfn's life must keep: couchnode in-process and on a
// socket, pouchdb-server, and Apache CouchDB itself. The cases are text (testdata/cases), so that they can be read
// without knowing any of the four; where a peer differs, testdata/known/<peer>.txt says so and why. A difference that
// is listed and has gone fails the suite: the list only shrinks in a reviewed change.
package couchtest
