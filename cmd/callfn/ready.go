package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"callfn/internal/printable"
)

type readyCommand struct {
	Listen string `default:"127.0.0.1:8000"`
}

// Run requests /readyz. For an address that means every interface it uses loopback.
func (c readyCommand) Run(ctx context.Context, env environment) error {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return usageError{fmt.Errorf("--listen: %w", err)}
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 4*time.Second)
	defer cancel()
	url := "http://" + net.JoinHostPort(host, port) + "/readyz"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return usageError{fmt.Errorf("--listen: %w", err)}
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return unreachableError{fmt.Errorf("nobody answers at %s: %w", url, err)}
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %d %s", url, resp.StatusCode, body)
	}
	_, err = printable.Fprintln(env.stdout, "ready")
	return err
}
