// Package params turns the structured request parameters of a call into the flat string map that a function sees as
// `call`, and that map into the query string of a show request and back.
//
// It stands apart from package callflow so that whoever sends or receives the query string needs no executor.
package params
