package main

import (
	"fmt"
	"io"
)

// askPassword asks a person at a terminal, which does not show what they type.
func askPassword(w world, prompt string) (string, error) {
	if _, err := io.WriteString(w.stderr, prompt); err != nil {
		return "", err
	}
	password, err := w.readSecret()
	_, _ = io.WriteString(w.stderr, "\n")
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	if password == "" {
		return "", usageError{errorf("no password was typed")}
	}
	return password, nil
}
