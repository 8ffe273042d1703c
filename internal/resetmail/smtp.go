package resetmail

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"github.com/wneessen/go-mail"
)

// SMTP sends each reset as an e-mail.
type SMTP struct {
	client *mail.Client
	from   string
	host   string
}

// NewSMTP prepares to send by a server: "smtp://user@host:587" (STARTTLS, which only a server on this machine may lack)
// or "smtps://user@host:465" (TLS from the start). Without a user nobody logs in. from is the sender's address.
func NewSMTP(server, password, from string) (*SMTP, error) {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" || u.Path != "" {
		return nil, errors.New("want smtp://user@host:port or smtps://user@host:port")
	}
	if err := mail.NewMsg().From(from); err != nil {
		return nil, fmt.Errorf("sender %q: %w", from, err)
	}
	options := []mail.Option{mail.WithTimeout(15 * time.Second)}
	switch {
	case u.Scheme == "smtps":
		options = append(options, mail.WithSSLPort(false))
	case local(u.Hostname()):
		options = append(options, mail.WithTLSPortPolicy(mail.TLSOpportunistic))
	default:
		options = append(options, mail.WithTLSPortPolicy(mail.TLSMandatory))
	}
	if u.Port() != "" {
		port, err := strconv.Atoi(u.Port())
		if err != nil {
			return nil, fmt.Errorf("port %q: %w", u.Port(), err)
		}
		options = append(options, mail.WithPort(port))
	}
	if user := u.User.Username(); user != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(user),
			mail.WithPassword(password))
	}
	client, err := mail.NewClient(u.Hostname(), options...)
	if err != nil {
		return nil, err
	}
	return &SMTP{client: client, from: from, host: u.Host}, nil
}

func local(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// Mail sends one reset.
func (s *SMTP) Mail(ctx context.Context, r Reset) error {
	m := mail.NewMsg()
	if err := errors.Join(m.From(s.from), m.To(r.Email)); err != nil {
		return errors.New("the user's e-mail address cannot be used") // without the address, which is personal
	}
	m.Subject("Your new password")
	m.SetBodyString(mail.TypeTextPlain, text(r))
	if err := s.client.DialAndSendWithContext(ctx, m); err != nil {
		var refused *mail.SendError // the server's words may name the user
		if errors.As(err, &refused) {
			return fmt.Errorf("mail server %s: %s, status %d", s.host, refused.Reason, refused.ErrorCode())
		}
		return fmt.Errorf("mail server %s: %w", s.host, err)
	}
	return nil
}

func text(r Reset) string {
	zone, err := time.LoadLocation(r.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	return "Hello " + r.FirstName + ",\n\nsomebody, probably you, asked for a new password for the user " + r.Username +
		".\n" +
		"Open this address until " + r.Expires.In(zone).Format("15:04 MST") + " to choose one; it works once:\n\n" + r.Link +
		"\n\n" +
		"If it was not you, there is nothing to do: the password stays as it is.\n"
}
