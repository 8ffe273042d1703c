package siptest

import (
	"fmt"
	"strconv"
	"strings"
)

// Message is a SIP message as it was received: its first line, its headers by lower-case name, its body.
type Message struct {
	Start   string
	Headers map[string][]string
	Body    string
}

// Parse reads a message. It is for messages of the server under test: what is odd is an error.
func Parse(text string) (Message, error) {
	head, body, ok := strings.Cut(text, "\r\n\r\n")
	if !ok {
		return Message{}, fmt.Errorf("no empty line behind the headers: %q", text)
	}
	lines := strings.Split(head, "\r\n")
	m := Message{Start: lines[0], Headers: map[string][]string{}, Body: body}
	for _, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return m, fmt.Errorf("header without a colon: %q", line)
		}
		name = strings.ToLower(strings.TrimSpace(name))
		m.Headers[name] = append(m.Headers[name], strings.TrimSpace(value))
	}
	if length := m.Header("content-length"); length != strconv.Itoa(len(body)) {
		return m, fmt.Errorf("content-length %s, and the body has %d bytes", length, len(body))
	}
	return m, nil
}

// Header is the first value of a header, empty where there is none.
func (m Message) Header(name string) string {
	if values := m.Headers[strings.ToLower(name)]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// Code is the code of a response, 0 for a request.
func (m Message) Code() int {
	fields := strings.Fields(m.Start)
	if len(fields) < 2 || fields[0] != "SIP/2.0" {
		return 0
	}
	code, _ := strconv.Atoi(fields[1])
	return code
}

// Method is the method of a request, or of the request that a response answers.
func (m Message) Method() string {
	if m.Code() == 0 {
		method, _, _ := strings.Cut(m.Start, " ")
		return method
	}
	_, method, _ := strings.Cut(m.Header("cseq"), " ")
	return strings.TrimSpace(method)
}

// tag is the tag of a From or To.
func tag(value string) string {
	_, rest, ok := strings.Cut(value, ";tag=")
	if !ok {
		return ""
	}
	found, _, _ := strings.Cut(rest, ";")
	return found
}
