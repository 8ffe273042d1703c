// Package rtp carries the audio of calls over RTP: one UDP socket for audio and one for RTCP a call, PCMU and PCMA,
// keys as telephone-events (RFC 4733), and reports (RFC 3550), which may share the socket of audio (RFC 5761). Where
// secrets were agreed on, all of it is encrypted and authenticated (SRTP, RFC 3711). It is a media.Transport.
package rtp
