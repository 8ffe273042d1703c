package outbound_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"callfn/internal/hostname"
	"callfn/internal/outbound"
)

// Whatever a function asks for, nobody is dialled but hosts that it declares, and no error repeats what it sent.
func FuzzDo(f *testing.F) {
	for _, seed := range [][3]string{
		{"https://a.example/x?y=1", "X-A", "b"},
		{"http://a.example@b.example/", "Host", "b.example"},
		{"https://a.example:443#@b.example/", "X-A", "a\r\nX-B: c"},
		{"http://[::1]:80/", "Connection", "close"},
		{"https://A.EXAMPLE./", "Transfer-Encoding", "chunked"},
		{"//b.example", "X A", ""},
		{"http://a.example%2eb.example/", "", ""},
		{"http://ａ.example/", "Cookie", "\x00"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	list, err := hostname.ParseList([]string{"a.example", "*.c.example:8443"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, address, name, value string) {
		dial := func(_ context.Context, _, to string) (net.Conn, error) {
			host, port, err := net.SplitHostPort(to)
			if err != nil || !list.Matches(host, port) {
				t.Errorf("%q: got %s dialled, want declared hosts alone", address, to)
			}
			return nil, errors.New("nobody there")
		}
		c := outbound.New(outbound.Config{Dial: dial, Timeout: time.Second})
		defer c.Close()
		const secret = "secret-of-a-header"
		_, err := c.Do(t.Context(), outbound.Request{
			Account: acme, Method: "GET", URL: address, Hosts: list, Header: http.Header{name: {value + secret}},
		})
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: got %v, want an error without the header's value", address, err)
		}
	})
}
