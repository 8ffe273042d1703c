// Package siptest is a caller for tests: a telephone that speaks SIP over UDP, TCP or TLS, and RTP or SRTP, without
// anything of the server's code, so that both do not make the same mistake. Faults of its own end the test.
package siptest
