package storageplan

import (
	"encoding/json"
	"net"
	"strconv"
	"strings"
	"time"
)

// Connection is a connection of a plan.
type Connection struct {
	Driver   string   `json:"driver"` // "kazoo_couch", the only driver
	Name     string   `json:"name,omitempty"`
	Settings Settings `json:"settings"`
}

// Settings describe how to reach a CouchDB and what to expect there. Names are KAZOO's
// (docs/reference/kazoo.md#storage-plan-schemas, docs/reference/kazoo.md#connections), except TLS and
// FunctionsLanguage. KAZOO's other settings (pools, pipelines) have no effect.
type Settings struct {
	IP             string      `json:"ip"` // host name or address
	Port           int         `json:"port"`
	Credentials    Credentials `json:"credentials,omitzero"`
	Username       string      `json:"username,omitempty"` // unless Credentials has one
	Password       Password    `json:"password,omitempty"`
	ConnectTimeout int         `json:"connect_timeout,omitempty"` // ms, for dialling and the TLS handshake
	RecvTimeout    int         `json:"recv_timeout,omitempty"`    // ms, for each operation
	IsSSL          bool        `json:"is_ssl,omitempty"`          // https, as TLS and port 443 mean too
	TLS            *TLS        `json:"tls,omitempty"`
	// FunctionsLanguage evaluates functions on this connection: provision.Auto, couchapp.JavaScript or couchapp.Callfn; ""
	// for the service's setting.
	FunctionsLanguage string `json:"functions_language,omitempty"`
}

// Credentials are a CouchDB user's name and password.
type Credentials struct {
	Username string   `json:"username,omitempty"`
	Password Password `json:"password,omitempty"`
}

// Password of a CouchDB user. KAZOO's schema calls it an integer (docs/reference/kazoo.md#storage-plan-schemas), so
// plans that KAZOO stored have numbers.
type Password string

// UnmarshalJSON accepts a string, or a number, which it keeps as written.
func (p *Password) UnmarshalJSON(raw []byte) error {
	var number json.Number
	if len(raw) > 0 && raw[0] != '"' {
		if err := json.Unmarshal(raw, &number); err != nil {
			return err
		}
		*p = Password(number)
		return nil
	}
	return json.Unmarshal(raw, (*string)(p))
}

// TLS configures the verification of an https server.
type TLS struct {
	CA string `json:"ca,omitempty"` // certificates, PEM; the system's when empty
	// ServerName is the name in the certificate, if IP differs from it: a load balancer's address.
	ServerName string `json:"server_name,omitempty"`
}

// User returns the user and password of the connection; "" for none.
func (s Settings) User() (username, password string) {
	if s.Credentials.Username != "" {
		return s.Credentials.Username, string(s.Credentials.Password)
	}
	return s.Username, string(s.Password)
}

// Secure reports whether the connection is encrypted.
func (s Settings) Secure() bool { return s.IsSSL || s.TLS != nil || s.Port == 443 }

// Address returns the root URL, without credentials.
func (s Settings) Address() string {
	scheme, port := "http://", s.Port
	if s.Secure() {
		scheme = "https://"
	}
	if port == 0 {
		port = 5984
	}
	return scheme + net.JoinHostPort(strings.Trim(s.IP, "[]"), strconv.Itoa(port))
}

func (s Settings) timeouts() (connect, operation time.Duration) {
	connect, operation = 2*time.Second, 10*time.Second
	if s.ConnectTimeout > 0 {
		connect = time.Duration(s.ConnectTimeout) * time.Millisecond
	}
	if s.RecvTimeout > 0 {
		operation = time.Duration(s.RecvTimeout) * time.Millisecond
	}
	return connect, operation
}

// same reports whether two settings describe the same connection.
func (s Settings) same(other Settings) bool {
	var tls, otherTLS TLS
	if s.TLS != nil {
		tls = *s.TLS
	}
	if other.TLS != nil {
		otherTLS = *other.TLS
	}
	sameTLS := s.Secure() == other.Secure() && tls == otherTLS
	s.TLS, other.TLS = nil, nil
	return sameTLS && s == other
}
