package sip

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// dialogKey names a dialog (RFC 3261 section 12): the caller's tag is the remote one.
type dialogKey struct{ callID, localTag, remoteTag string }

// keyOf is the dialog that a request of the caller belongs to; false outside dialogs.
func keyOf(req *sip.Request) (dialogKey, bool) {
	localTag, ok := req.To().Params.Get("tag")
	remoteTag, _ := req.From().Params.Get("tag")
	return dialogKey{callID: req.CallID().Value(), localTag: localTag, remoteTag: remoteTag}, ok && localTag != ""
}

// dialog is one side of a dialog: what requests to the caller need.
type dialog struct {
	key     dialogKey
	invite  *sip.Request // with our tag
	here    netip.AddrPort
	client  *sipgo.Client
	trusted bool

	mu     sync.Mutex
	cseq   uint32
	remote uint32 // the caller's last CSeq
	target sip.Uri
	routes []string
}

func newDialog(req *sip.Request, tag string, here netip.AddrPort, client *sipgo.Client, trusted bool) *dialog {
	remoteTag, _ := req.From().Params.Get("tag")
	d := &dialog{
		key:    dialogKey{callID: req.CallID().Value(), localTag: tag, remoteTag: remoteTag},
		invite: req, here: here, client: client, trusted: trusted, cseq: 1, remote: req.CSeq().SeqNo,
		target: *req.Contact().Address.Clone(),
	}
	for _, h := range req.GetHeaders("Record-Route") {
		d.routes = append(d.routes, h.Value())
	}
	return d
}

// follows takes the CSeq of a request of the caller, and its contact where it changes that. One that is not newer than
// the last is refused.
func (d *dialog) follows(req *sip.Request) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if req.CSeq().SeqNo <= d.remote {
		return false
	}
	d.remote = req.CSeq().SeqNo
	if contact := req.Contact(); contact != nil && (req.IsInvite() || req.Method == sip.UPDATE) {
		d.target = *contact.Address.Clone()
	}
	return true
}

// request builds a request to the caller.
func (d *dialog) request(method sip.RequestMethod) *sip.Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	req := sip.NewRequest(method, *d.target.Clone())
	network := d.invite.Transport()
	via := &sip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: network,
		Host: hostText(d.here.Addr()), Port: int(d.here.Port()), Params: sip.NewParams(),
	}
	via.Params.Add("branch", sip.GenerateBranch())
	via.Params.Add("rport", "")
	from, to := d.invite.To().AsFrom(), d.invite.From().AsTo()
	callID, hops := sip.CallIDHeader(d.key.callID), sip.MaxForwardsHeader(70)
	if method != sip.ACK {
		d.cseq++
	}
	for _, h := range []sip.Header{
		via, &from, &to, &callID, &sip.CSeqHeader{SeqNo: d.cseq, MethodName: method}, &hops,
		sip.NewHeader("User-Agent", "callfn"),
	} {
		req.AppendHeader(h)
	}
	for _, route := range d.routes {
		req.AppendHeader(sip.NewHeader("Route", route))
	}
	req.SetTransport(network)
	req.SetDestination(d.destination())
	req.SetBody(nil)
	return req
}

// destination is where requests to the caller go: through the proxies that want to stay, else to the contact where that
// is an address that can be believed, else back to where the INVITE came from. Only a peer can name another host.
func (d *dialog) destination() string {
	source := d.invite.Source()
	from, err := netip.ParseAddrPort(source)
	if err != nil {
		return source
	}
	if !d.trusted || sip.IsReliable(d.invite.Transport()) {
		return source // the connection that is open
	}
	uri := d.target
	if len(d.routes) > 0 {
		var route sip.Uri
		address := strings.Trim(d.routes[0], " ")
		if i, j := strings.Index(address, "<"), strings.Index(address, ">"); i >= 0 && j > i {
			address = address[i+1 : j]
		}
		if sip.ParseUri(address, &route) != nil {
			return source
		}
		uri = route
	}
	host, err := netip.ParseAddr(strings.Trim(uri.Host, "[]"))
	if err != nil {
		return source
	}
	host = host.Unmap()
	if host != from.Addr().Unmap() && len(d.routes) == 0 && (host.IsPrivate() || host.IsLoopback()) {
		return source // behind a NAT
	}
	port := uri.Port
	if port == 0 {
		port = sip.DefaultPort(d.invite.Transport())
	}
	return netip.AddrPortFrom(host, uint16(port)).String()
}

// errRefused is a final response that is no success.
type errRefused struct{ code int }

func (e errRefused) Error() string { return "the caller's side answered " + strconv.Itoa(e.code) }

// do sends a request and waits for its final response.
func (d *dialog) do(ctx context.Context, req *sip.Request) (*sip.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, 40*time.Second)
	defer cancel()
	d.from(req)
	res, err := d.client.Do(ctx, req, keepRequest)
	if err != nil {
		return nil, fmt.Errorf("send %s: %w", req.Method, err)
	}
	if !res.IsSuccess() {
		return res, errRefused{res.StatusCode}
	}
	return res, nil
}

// from has a request leave from the socket that is listened on, so that it passes NATs.
func (d *dialog) from(req *sip.Request) {
	if !sip.IsReliable(req.Transport()) {
		req.Laddr = sip.Addr{IP: d.here.Addr().AsSlice(), Port: int(d.here.Port())}
	}
}

// keepRequest has sipgo send a request as it is.
func keepRequest(*sipgo.Client, *sip.Request) error { return nil }

// goneAway reports whether an answer, or none, means that the caller's side no longer knows the call.
func goneAway(err error) bool {
	var refused errRefused
	if errors.As(err, &refused) {
		return refused.code == 481 || refused.code == 408
	}
	return err != nil && !errors.Is(err, context.Canceled)
}

// hostText is an address as URIs have it.
func hostText(ip netip.Addr) string {
	if ip.Is6() {
		return "[" + ip.String() + "]"
	}
	return ip.String()
}
