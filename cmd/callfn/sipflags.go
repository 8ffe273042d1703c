package main

import (
	"crypto/tls"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"callfn/internal/service"
	"callfn/internal/sip"
)

// sipFlags configure real calls over SIP.
type sipFlags struct {
	SIP                []string       `name:"sip" placeholder:"ADDRESS" group:"sip"`
	SIPPeer            trustedProxies `name:"sip-peer" placeholder:"CIDR" group:"sip"`
	SIPOpen            *bool          `name:"sip-open" negatable:"" group:"sip"`
	SIPExternal        string         `name:"sip-external" placeholder:"IP" group:"sip"`
	SIPCertificate     string         `name:"sip-certificate" placeholder:"FILE" group:"sip"`
	SIPKey             string         `name:"sip-key" placeholder:"FILE" group:"sip"`
	SIPCalls           int            `name:"sip-calls" default:"0" group:"sip" range:"0..32767"`
	RTPPorts           string         `name:"rtp-ports" default:"10000-10999" placeholder:"FROM-TO" group:"sip"`
	Media              string         `placeholder:"DIR" group:"sip"`
	MediaCopiesMiB     int            `name:"media-copies-mib" default:"256" group:"sip" range:"0..1048576"`
	SpeechCommand      string         `placeholder:"COMMAND" group:"sip"`
	SpeechMiB          int            `name:"speech-mib" default:"256" group:"sip" range:"1..1048576"`
	RecordingMiB       int            `name:"recording-mib" default:"1024" group:"sip" range:"0.."`
	KeepRecordingsDays int            `default:"0" group:"sip" range:"0.."`
}

// sip returns the flags in the form that the service needs; the zero SIP without an address.
func (f sipFlags) sip() (c service.SIP, err error) {
	for _, text := range f.SIP {
		addresses, err := sipAddresses(text)
		if err != nil {
			return c, err
		}
		c.Listen = append(c.Listen, addresses...)
	}
	if slices.ContainsFunc(c.Listen, func(a sip.Address) bool { return a.Network == "tls" }) {
		if c.TLS, err = f.tls(); err != nil {
			return c, err
		}
	}
	if c.Access, err = f.access(c.Listen); err != nil {
		return c, err
	}
	if f.SIPExternal != "" {
		if c.External, err = netip.ParseAddr(f.SIPExternal); err != nil || c.External.IsUnspecified() {
			return c, usageError{
				errorf("--sip-external %q: want the IP address that callers reach this machine at", f.SIPExternal),
			}
		}
	}
	if c.Ports, err = portRange(f.RTPPorts); err != nil {
		return c, err
	}
	c.Calls, c.Media, c.MediaCopies = f.SIPCalls, f.Media, int64(f.MediaCopiesMiB)<<20
	c.Speech = service.Speech{Off: f.SpeechCommand == "none", Bytes: int64(f.SpeechMiB) << 20}
	if f.SpeechCommand != "" && !c.Speech.Off {
		c.Speech.Command = strings.Fields(f.SpeechCommand)
	}
	c.RecordingQuota = int64(f.RecordingMiB) << 20
	c.RecordingRetention = time.Duration(f.KeepRecordingsDays) * 24 * time.Hour
	return c, nil
}

// access returns who may call: by the flags, else everybody if only this machine can.
func (f sipFlags) access(listen []sip.Address) (sip.Access, error) {
	remote := slices.ContainsFunc(listen, func(a sip.Address) bool { return !a.Addr.Addr().IsLoopback() })
	access := sip.Access{Peers: f.SIPPeer, Open: len(listen) > 0 && !remote}
	if f.SIPOpen != nil {
		access.Open = *f.SIPOpen
	}
	if len(listen) > 0 && !access.Open && len(access.Peers) == 0 {
		return access, usageError{errorf("--sip beyond this machine needs --sip-peer, which names who may call, or " +
			"--sip-open, which lets anybody")}
	}
	return access, nil
}

// sipAddresses reads ADDRESS or NETWORK:ADDRESS. Without a network it returns UDP and TCP, as RFC 3261 requires.
func sipAddresses(text string) ([]sip.Address, error) {
	networks, address := []string{"udp", "tcp"}, text
	for _, network := range []string{"udp", "tcp", "tls"} {
		if rest, ok := strings.CutPrefix(text, network+":"); ok {
			networks, address = []string{network}, rest
		}
	}
	host, port, err := net.SplitHostPort(address)
	if err == nil && host == "localhost" {
		host = "127.0.0.1"
	}
	if err == nil && host == "" {
		host = "::"
	}
	at, parseErr := netip.ParseAddrPort(net.JoinHostPort(host, port))
	if err != nil || parseErr != nil {
		return nil, usageError{
			errorf("--sip %q: want an IP address with its port, such as 127.0.0.1:5060, or with udp:, tcp: "+
				"or tls: before it", text),
		}
	}
	out := make([]sip.Address, len(networks))
	for i, network := range networks {
		out[i] = sip.Address{Network: network, Addr: at}
	}
	return out, nil
}

func (f sipFlags) tls() (*tls.Config, error) {
	if f.SIPCertificate == "" || f.SIPKey == "" {
		return nil, usageError{errorf("--sip tls:… needs --sip-certificate and --sip-key")}
	}
	pair, err := tls.LoadX509KeyPair(f.SIPCertificate, f.SIPKey)
	if err != nil {
		return nil, usageError{errorf("--sip-certificate: %w", err)}
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// portRange reads FROM-TO.
func portRange(text string) (ports [2]int, err error) {
	from, to, ok := strings.Cut(text, "-")
	low, err := strconv.Atoi(from)
	high, otherErr := strconv.Atoi(to)
	if !ok || err != nil || otherErr != nil || low < 1 || high > 65535 || low >= high {
		return ports, usageError{errorf("--rtp-ports %q: want a range such as 10000-10999", text)}
	}
	return [2]int{low, high}, nil
}
