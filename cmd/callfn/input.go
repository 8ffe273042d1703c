package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"callfn/internal/jsonvalue"
)

// Limits of what is read from a person's input, in bytes. Longer input is refused, never cut.
const (
	maxInput    = 8 << 20 // a file that is sent; the service accepts 8,000,000 bytes, and less for a function's source
	maxSettings = 1 << 20 // a settings file
	maxPassword = 4 << 10 // a password file
)

// readText reads a whole text file, or standard input for "-". It refuses invalid UTF-8, which JSON cannot represent.
func readText(env environment, file string) (string, error) {
	text, err := readFile(env, file, maxInput)
	if err != nil {
		return "", err
	}
	if at := invalidUTF8(text); at >= 0 {
		encoding := "save it as UTF-8"
		if bytes.HasPrefix(text, []byte{0xFF, 0xFE}) || bytes.HasPrefix(text, []byte{0xFE, 0xFF}) {
			encoding = "it looks like UTF-16: " + encoding
		}
		line := 1 + bytes.Count(text[:at], []byte{'\n'})
		return "", usageError{errorf("%s: not valid UTF-8, around byte %d in line %d: %s", nameOf(file), at+1, line,
			encoding)}
	}
	return string(text), nil
}

// readFile reads a whole file of at most most bytes, or standard input for "-".
func readFile(env environment, file string, most int64) ([]byte, error) {
	in := env.stdin
	if file != "-" || in == nil {
		f, err := os.Open(file)
		if err != nil {
			return nil, usageError{err}
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	text, err := readAll(in, most)
	if err != nil {
		return nil, usageError{errorf("read %s: %w", nameOf(file), err)}
	}
	return text, nil
}

// readAll reads to the end and refuses more than most bytes.
func readAll(r io.Reader, most int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(text)) > most {
		err = errorf("longer than %d bytes", most)
	}
	return text, err
}

func nameOf(file string) string {
	if file == "-" {
		return "standard input"
	}
	return file
}

// invalidUTF8 returns the position of the first byte that is not UTF-8, or -1.
func invalidUTF8(text []byte) int {
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}

// readJSON reads a file with one JSON object and keeps the order of members and the digits of numbers. If the object is
// a saved answer of the API, it returns the answer's data.
func readJSON(env environment, file string) (json.RawMessage, error) {
	text, err := readText(env, file)
	if err != nil {
		return nil, err
	}
	return jsonObject(nameOf(file), text)
}

func jsonObject(file, text string) (json.RawMessage, error) {
	text = strings.TrimPrefix(text, "\ufeff")
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &object); err != nil || object == nil {
		return nil, usageError{errorf("%s is no JSON object%s", file, whyNoObject(text, err))}
	}
	data, ok := dataOf(object)
	switch {
	case ok && !bytes.HasPrefix(data, []byte{'{'}):
		return nil, usageError{errorf("%s holds nothing to send: its data is no object", file)}
	case ok:
		return data, nil
	}
	return json.RawMessage(text), nil
}

// envelope are the members of the API's answers besides data.
var envelope = []string{
	"auth_token", "next_start_key", "node", "page_size", "request_id", "revision", "start_key",
	"status", "timestamp", "version",
	"warnings",
}

// dataOf returns the data of an object that is an API envelope.
func dataOf(object map[string]json.RawMessage) (json.RawMessage, bool) {
	data, ok := object["data"]
	if !ok {
		return nil, false
	}
	rest := len(object) - 1
	for _, name := range envelope {
		if _, there := object[name]; there {
			rest--
		}
	}
	return bytes.TrimSpace(data), rest == 0
}

// whyNoObject explains what is wrong with a JSON text, with line and column.
func whyNoObject(text string, err error) string {
	var syntax *json.SyntaxError
	var wrongType *json.UnmarshalTypeError
	switch {
	case strings.TrimSpace(text) == "":
		return ": it is empty"
	case errors.As(err, &syntax):
		line, column := lineAndColumn(text, int(syntax.Offset)-1)
		return errorf(": %w (line %d, column %d)", err, line, column).Error()
	case errors.As(err, &wrongType):
		return ": it is a JSON " + wrongType.Value
	case err != nil:
		return ": " + err.Error()
	}
	return ": it is null"
}

// lineAndColumn returns the line and the column, in characters, of a byte of the text; both begin at 1.
func lineAndColumn(text string, at int) (line, column int) {
	at = min(max(at, 0), len(text))
	begins := strings.LastIndexByte(text[:at], '\n') + 1
	return 1 + strings.Count(text[:at], "\n"), 1 + utf8.RuneCountInString(text[begins:at])
}

// readObject reads a JSON object for a command that examines its members. It keeps numbers and the order of members.
func readObject(env environment, file string) (jsonvalue.Object, error) {
	text, err := readJSON(env, file)
	if err != nil {
		return jsonvalue.Object{}, err
	}
	var object jsonvalue.Object
	if err := json.Unmarshal(text, &object); err != nil {
		return jsonvalue.Object{}, usageError{errorf("%s: %w", nameOf(file), err)}
	}
	return object, nil
}

// readPassword reads a file with only a password: one line, whose end does not count.
func readPassword(env environment, flag, file string) (string, error) {
	text, err := readFile(env, file, maxPassword)
	if err != nil {
		return "", usageError{errorf("%s: %w", flag, err)}
	}
	password := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	switch {
	case password == "":
		return "", usageError{errorf("%s: %s is empty: want a password in it", flag, nameOf(file))}
	case strings.ContainsAny(password, "\r\n"):
		return "", usageError{errorf("%s: %s has more than one line: want the password alone", flag, nameOf(file))}
	case !utf8.ValidString(password):
		return "", usageError{errorf("%s: %s is not valid UTF-8: save it as UTF-8", flag, nameOf(file))}
	}
	return password, nil
}

// without returns a JSON object without some of its members. The others keep their order and spelling.
func without(object json.RawMessage, names ...string) (json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(object))
	if begin, err := d.Token(); err != nil || begin != json.Delim('{') {
		return object, err
	}
	out := []byte{'{'}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		text, _ := name.(string)
		if slices.Contains(names, text) {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		key, err := json.Marshal(text)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, key...), ':'), value...)
	}
	return append(out, '}'), nil
}
