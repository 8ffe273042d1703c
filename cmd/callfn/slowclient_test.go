package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"callfn/internal/await"
)

// A client that sends a request byte by byte (slow-loris) is cut off in time, in header or body. Meanwhile the service
// serves others.
func TestSlowClients(t *testing.T) {
	const header, body = 300 * time.Millisecond, 600 * time.Millisecond
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, "--header-timeout="+header.String(),
		"--body-timeout="+body.String())
	address := strings.TrimPrefix(s.url, "http://")
	for _, c := range []struct {
		name, whole, drip string
		within            time.Duration
		status            string // of the answer, if there is one
	}{
		{"header", "GET /healthz HTTP/1.1\r\nHost: callfn\r\n", "X-Slow: drip\r\n", header, ""},
		{"request line", "", "G", header, ""},
		{"body", "PUT /v2/api_auth HTTP/1.1\r\nHost: callfn\r\nContent-Type: application/json\r\nContent-Length: " +
			"60000\r\n\r\n", " ", body, "408"},
		{"chunks", "PUT /v2/api_auth HTTP/1.1\r\nHost: callfn\r\nContent-Type: application/json\r\nTransfer-Encoding: " +
			"chunked\r\n\r\n", "1\r\n \r\n", body, "408"},
		{"pivot", "POST /v2/accounts/0/pivot HTTP/1.1\r\nHost: callfn\r\nContent-Type: application/json\r\nContent-Length: " +
			"100000\r\n\r\n", " ", body, "401"},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			begun := time.Now()
			if err := conn.SetDeadline(begun.Add(c.within + 20*time.Second)); err != nil {
				t.Fatal(err)
			}
			stop := make(chan struct{})
			dripped := make(chan struct{})
			go func() {
				defer close(dripped)
				_, _ = io.WriteString(conn, c.whole)
				for tick := time.Tick(10 * time.Millisecond); ; {
					select {
					case <-stop:
						return
					case <-tick:
						if _, err := io.WriteString(conn, c.drip); err != nil {
							return
						}
					}
				}
			}()
			answer, _ := io.ReadAll(conn) // until the server closes the connection
			took := time.Since(begun)
			close(stop)
			<-dripped
			if took > c.within+15*time.Second {
				t.Errorf("got the connection held for %v, want it cut off in time", took)
			}
			if c.status == "" {
				return
			}
			response, err := http.ReadResponse(bufio.NewReader(strings.NewReader(string(answer))), nil)
			if err != nil || !strings.HasPrefix(response.Status, c.status) {
				t.Errorf("answer %q, %v, want no error, %q at the beginning in response.Status", answer, err, c.status)
			}
		})
		if code, _ := get(t, s.url+"/healthz"); code != 200 {
			t.Errorf("another client: got %d, want code 200", code)
		}
	}
}

// A client that does not read its answers is cut off. Meanwhile one that reads is served.
func TestClientsThatDoNotRead(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, "--body-timeout=1s",
		"--header-timeout=1s")
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	// Each answer is some 700 KB. Together they exceed the buffers of both ends.
	const requests = 40
	for range requests {
		if _, err := fmt.Fprint(conn, "GET /v2/openapi.json HTTP/1.1\r\nHost: callfn\r\n\r\n"); err != nil {
			break
		}
	}
	if code, _ := get(t, s.url+"/healthz"); code != 200 {
		t.Errorf("another client: got %d, want code 200", code)
	}
	// the server gives up the unread answer and closes the connection
	await.True(t, "the end of the connection", func() bool {
		_, err := fmt.Fprint(conn, "GET /healthz HTTP/1.1\r\nHost: callfn\r\n\r\n")
		return err != nil
	})
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	whole := strings.Count(allOf(conn), "HTTP/1.1 200 OK")
	if whole >= requests {
		t.Errorf("all %d answers were kept for the client, want it cut off", whole)
	}
}

func allOf(r io.Reader) string {
	var text strings.Builder
	_, _ = io.Copy(&text, bufio.NewReader(r))
	return text.String()
}
