// Package media plays to a caller, records him and takes the keys he presses, in frames of 20 ms on an absolute clock.
//
// It knows no transport: whoever carries the audio implements Transport for the way out, and calls Session.Hear and
// Session.Press for the way in. RTP is the first such transport.
package media
