package main

import (
	"fmt"
	"io"
)

// askPassword asks a person at a terminal, which does not show the typed characters.
func askPassword(env environment, prompt string) (string, error) {
	if _, err := io.WriteString(env.stderr, prompt); err != nil {
		return "", err
	}
	password, err := env.readSecret()
	_, _ = io.WriteString(env.stderr, "\n")
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	if password == "" {
		return "", usageError{errorf("no password was typed")}
	}
	return password, nil
}
