package resetmail

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Webhook posts each reset as JSON, under the names that KAZOO's notification password_recovery has
// (cb_user_auth:save_reset_id_then_send_email): Email, First-Name, Last-Name, Timezone, User-ID, Account-ID and
// Password-Reset-Link. Expires (RFC 3339) and Username are callfn's own. Any status of 200 to 299 counts as delivered.
type Webhook struct {
	address string
	host    string
	client  *http.Client
}

// NewWebhook checks the address. It may carry a user and password, which are sent as HTTP basic credentials.
func NewWebhook(address string) (*Webhook, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("want an address that begins with http:// or https://")
	}
	return &Webhook{address: address, host: u.Host, client: &http.Client{
		Timeout: 15 * time.Second,
		// a link goes where the operator says
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Mail posts one reset.
func (w *Webhook) Mail(ctx context.Context, r Reset) error {
	body, err := json.Marshal(map[string]string{
		"Event-Category": "notification", "Event-Name": "password_recovery",
		"Account-ID": string(r.Account), "User-ID": r.UserID, "Username": r.Username, "Email": r.Email,
		"First-Name": r.FirstName,
		"Last-Name":  r.LastName, "Timezone": r.TimeZone, "Password-Reset-Link": r.Link,
		"Expires": r.Expires.UTC().Format(time.RFC3339),
	})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.address, bytes.NewReader(body))
	if err != nil {
		return errors.New("webhook " + w.host + ": the address cannot be used")
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := w.client.Do(request)
	if err != nil {
		var failed *url.Error // its text has the address, which may have a password
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return fmt.Errorf("webhook %s: %w", w.host, err)
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10))
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("webhook %s: it answered %s", w.host, answer.Status)
	}
	return nil
}
