// Package sip answers calls that come over SIP: it is callfn's own switch, a user agent server with signalling by
// sipgo and audio by package rtp. Each call is a callflow.Control.
//
// Dialogs are this package's own: sipgo's repeat a 200 too slowly (RFC 3261 section 13.3.1.4) and know neither
// re-INVITE with other audio nor session timers.
package sip
