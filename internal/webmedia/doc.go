// Package webmedia plays sound files that web servers have. It fetches them through the guard of guardedhttp, within
// bounds of time and size, and keeps copies on disk, so that a call waits for a server once and plays on when that is
// gone. Copies are files of a directory that only the service's user can read.
package webmedia
