package crossbar_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"callfn/crossbar"
	"callfn/internal/resetmail"
)

// mailbox keeps the mails.
type mailbox struct {
	mu     sync.Mutex
	mails  []resetmail.Reset
	broken bool
}

func (m *mailbox) Mail(_ context.Context, r resetmail.Reset) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken {
		return errors.New("the mail server is away")
	}
	m.mails = append(m.mails, r)
	return nil
}

// last returns the reset's id in the last mail.
func (m *mailbox) last(t testing.TB) string {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.mails) == 0 {
		t.Fatal("got no mail, want one")
	}
	link, err := url.Parse(m.mails[len(m.mails)-1].Link)
	if err != nil {
		t.Fatal(err)
	}
	return link.Query().Get("recovery")
}

// reset requests a reset for a user and returns its id.
func (s *stack) reset(t testing.TB, realm, name string) string {
	t.Helper()
	s.clock.Advance(failureReturnsKey)
	s.must(t, 201, "PUT", "/v2/user_auth/recovery", "", `{"data":{"account_realm":"`+realm+`","username":"`+name+
		`","ui_url":"`+s.cfg.Recovery.UIs[0]+`"}}`)
	return s.cfg.Recovery.Mailer.(*mailbox).last(t)
}

func newRecovery(t *testing.T) (*stack, *mailbox, tenant) {
	box := &mailbox{}
	s := newStack(t, func(c *crossbar.Config) {
		c.Recovery = crossbar.Recovery{Mailer: box, UIs: []string{"https://ui.example/app", "http://10.0.0.1:8080"}}
	})
	a := s.tenant(t, s.master, "acme")
	s.must(t, 200, "PATCH", a.path(""), a.token, `{"data":{"realm":"acme.example"}}`)
	s.must(t, 201, "PUT", a.path("/callflows"), a.token, `{"data":{"numbers":["+14158867900"],"flow":{"module":"hangup",`+
		`"data":{}}}}`)
	return s, box, a
}

func TestPasswordRecovery(t *testing.T) {
	s, box, a := newRecovery(t)
	id := s.must(t, 201, "PUT", a.path("/users"), a.token,
		`{"data":{"first_name":"Ann","last_name":"Lee","username":"ann","password":"forgotten","email":"ann@acme.example",`+
			`"timezone":"Europe/Berlin"}}`).id()
	const form = `{"data":{"account_name":"acme","username":"Ann","ui_url":"https://ui.example/app/#/login"}}`
	asked := s.must(t, 201, "PUT", "/v2/user_auth/recovery", "", form)
	if len(box.mails) != 1 {
		t.Fatalf("mails: got %v, want one", box.mails)
	}
	mail, reset := box.mails[0], box.last(t)
	if want := (resetmail.Reset{
		Account: mail.Account, UserID: id, Username: "ann", Email: "ann@acme.example",
		FirstName: "Ann", LastName: "Lee", TimeZone: "Europe/Berlin",
		Link:    "https://ui.example/app/?recovery=" + reset + "#/login",
		Expires: s.clock.Now().Add(30 * time.Minute),
	}); mail != want || string(mail.Account) != a.id {
		t.Errorf("mail %+v, want %+v", mail, want)
	}
	for place, text := range map[string]string{"answer": asked.raw, "datastore": s.dump(t), "log": s.log.String()} {
		if strings.Contains(text, reset[64:]) || place != "datastore" && strings.Contains(text, "ann@acme") {
			t.Errorf("%s: got %s, want neither the secret nor who asked", place, text)
		}
	}
	// Another request at the same time sends none and does not end the first reset.
	s.must(t, 201, "PUT", "/v2/user_auth/recovery", "", form)
	if len(box.mails) != 1 {
		t.Errorf("mails: got %d, want 1", len(box.mails))
	}
	used := s.must(t, 200, "POST", "/v2/user_auth/recovery", "", `{"data":{"reset_id":"`+strings.ToUpper(reset)+`"}}`)
	token, _ := used.env["auth_token"].(string)
	if used.at("data", "owner_id") != id || used.at("data", "account_id") != a.id || token == "" {
		t.Errorf("used: got %s, want a token for user %s", used.raw, id)
	}
	if r := s.must(t, 200, "GET", a.path("/users/"+id), token, ""); r.at("data", "require_password_update") != true {
		t.Errorf("the user: got %s, want require_password_update true", r.raw)
	}
	if r := s.must(t, 400, "POST", "/v2/user_auth/recovery", "", `{"data":{"reset_id":"`+reset+`"}}`); r.at("data", "user",
		"not_found") == nil {
		t.Errorf("used twice: got %s, want it not found", r.raw)
	}
	s.must(t, 200, "PATCH", a.path("/users/"+id), token,
		`{"data":{"password":"remembered","require_password_update":false}}`)
	s.userLogin(t, "acme.example", "ann", "remembered")

	// A reset ends with time, with a newer one, and with a new password.
	over := s.reset(t, "acme.example", "ann")
	s.clock.Advance(30 * time.Minute)
	s.must(t, 400, "POST", "/v2/user_auth/recovery", "", `{"data":{"reset_id":"`+over+`"}}`)
	older := s.reset(t, "acme.example", "ann")
	newer := s.reset(t, "acme.example", "ann")
	s.must(t, 400, "POST", "/v2/user_auth/recovery", "", `{"data":{"reset_id":"`+older+`"}}`)
	s.must(t, 200, "PATCH", a.path("/users/"+id), s.login(t, a.key), `{"data":{"password":"third"}}`)
	s.must(t, 400, "POST", "/v2/user_auth/recovery", "", `{"data":{"reset_id":"`+newer+`"}}`)
	for _, guess := range []string{strings.Repeat("0", 128), newer[:64] + strings.Repeat("0", 64), newer[:126], newer +
		"00", "../" + newer} {
		s.clock.Advance(failureReturnsKey)
		s.must(t, 400, "POST", "/v2/user_auth/recovery", "", `{"data":{"reset_id":"`+guess+`"}}`)
	}
}

// A request for a user who does not exist, has no address or is disabled gets the same answer as any other.
func TestRecoveryTellsNothing(t *testing.T) {
	s, box, a := newRecovery(t)
	for name, rest := range map[string]string{
		"ann": `,"email":"ann@acme.example"`, "no-address": ``,
		"off": `,"enabled":false,"email":"off@acme.example"`,
	} {
		s.must(t, 201, "PUT", a.path("/users"), a.token, `{"data":{"first_name":"F","last_name":"L","username":"`+name+
			`","password":"x"`+rest+`}}`)
	}
	answers := map[string]bool{}
	for _, wish := range []string{
		`"account_name":"acme","username":"ann"`, `"account_name":"acme","username":"no-address"`,
		`"account_name":"acme","username":"off"`,
		`"account_name":"acme","username":"nobody"`, `"account_name":"nobody","username":"ann"`,
		`"account_realm":"nobody.example","username":"ann"`, `"phone_number":"+1999","username":"ann"`,
	} {
		r := s.must(t, 201, "PUT", "/v2/user_auth/recovery", "", `{"data":{`+wish+`,"ui_url":"https://ui.example/app"}}`)
		data, _ := r.at("data", "message").(string)
		answers[data] = true
	}
	if len(answers) != 1 || len(box.mails) != 1 {
		t.Errorf("got answers %v and mails %v, want the same answer for all, and one mail", answers, box.mails)
	}
	s.clock.Advance(failureReturnsKey)
	s.assign(t, a, "4158867900")
	s.must(t, 201, "PUT", "/v2/user_auth/recovery", "", `{"data":{"phone_number":"4158867900","username":"ann",`+
		`"ui_url":"https://ui.example/app"}}`)
	if len(box.mails) != 2 {
		t.Errorf("by number: got mails %v, want two", box.mails)
	}
	box.broken = true
	s.clock.Advance(failureReturnsKey)
	s.must(t, 201, "PUT", "/v2/user_auth/recovery", "",
		`{"data":{"account_name":"acme","username":"ann","ui_url":"https://ui.example/app"}}`)
	if !strings.Contains(s.log.String(), "cannot send password reset") {
		t.Errorf("the log: got %s, want the operator told", s.log)
	}
	// Requests are limited, so that nobody can fill a mailbox or load the datastore.
	statuses := map[int]int{}
	for range 20 {
		statuses[s.do(t, "PUT", "/v2/user_auth/recovery", "",
			`{"data":{"account_name":"acme","username":"ann","ui_url":"https://ui.example/app"}}`).status]++
	}
	if statuses[429] < 10 {
		t.Errorf("statuses: got %v, want 429 ten times or more", statuses)
	}
}

// The link goes to somebody other than the requester, so only a route within the client may come from the request.
func TestRecoveryLinksAreTheServices(t *testing.T) {
	s, box, a := newRecovery(t)
	s.cfg.Recovery.UIs = append(s.cfg.Recovery.UIs, "https://brand.example/ui?skin=blue")
	s.rewire(t)
	s.user(t, a, "ann", "forgotten", "user")
	for ui, want := range map[string]string{
		"https://ui.example/app/login?next=https://evil.example&recovery=mine": "https://ui.example/app/login?recovery=ID",
		"https://ui.example/app?":                         "https://ui.example/app?recovery=ID",
		"https://ui.example/app/#/login":                  "https://ui.example/app/?recovery=ID#/login",
		"https://ui.example/app/#/login?next=//evil.test": "https://ui.example/app/?recovery=ID",
		"https://brand.example/ui?skin=red":               "https://brand.example/ui?recovery=ID&skin=blue",
	} {
		s.clock.Advance(failureReturnsKey)
		before := len(box.mails)
		s.must(t, 201, "PUT", "/v2/user_auth/recovery", "", `{"data":{"realm":"acme.example","username":"ann","ui_url":"`+ui+
			`"}}`)
		if len(box.mails) != before+1 {
			t.Fatalf("%s: %d mails, want one more than %d", ui, len(box.mails), before)
		}
		if got := strings.Replace(box.mails[before].Link, box.last(t), "ID", 1); got != want {
			t.Errorf("%s: the link is %s, want %s", ui, got, want)
		}
	}
}

// A link only leads where the operator permits. Otherwise anybody could direct the resets of others to themselves.
func TestRecoveryLeadsHome(t *testing.T) {
	s, box, _ := newRecovery(t)
	for ui, want := range map[string]int{
		"https://ui.example/app": 201, "https://UI.example/app/": 201, "https://ui.example/app/login?x=1": 201,
		"http://10.0.0.1:8080": 201, "http://10.0.0.1:8080/any": 201,
		"https://evil.example/app": 400, "https://ui.example/": 400, "https://ui.example/apple": 400,
		"https://ui.example/app/../../x": 400, "https://ui.example/app/%2e%2e/x": 400,
		"http://ui.example/app": 400, "https://ui.example:444/app": 400, "https://ui.example@evil.example/app": 400,
		"https://x:y@ui.example/app": 400,
		"https:ui.example/app/":      400, "//ui.example/app//": 400, "javascript:alert(1)//": 400,
		"https://ui.example\\\\@evil.example/app": 400,
	} {
		s.clock.Advance(failureReturnsKey)
		r := s.do(t, "PUT", "/v2/user_auth/recovery", "", `{"data":{"account_name":"acme","username":"nobody","ui_url":"`+ui+
			`"}}`)
		if r.status != want || want == 400 && r.at("data", "ui_url", "forbidden") == nil {
			t.Errorf("%s: got %d %s, want %d", ui, r.status, r.raw, want)
		}
	}
	s.must(t, 400, "PUT", "/v2/user_auth/recovery", "", `{"data":{"username":"ann","ui_url":"https://ui.example/app"}}`)
	s.must(t, 400, "PUT", "/v2/user_auth/recovery", "", `{"data":{"account_name":"acme"}}`)
	if len(box.mails) != 0 {
		t.Errorf("mails: got %v, want none", box.mails)
	}
}

func TestRecoveryWithoutMail(t *testing.T) {
	s := newStack(t, func(c *crossbar.Config) { c.Recovery = crossbar.Recovery{} })
	r := s.must(t, 501, "PUT", "/v2/user_auth/recovery", "",
		`{"data":{"account_name":"acme","username":"ann","ui_url":"https://ui.example/app"}}`)
	if r.env["message"] != "not_implemented" || r.at("data", "message") == nil {
		t.Errorf("got %s, want not_implemented with a message", r.raw)
	}
}
