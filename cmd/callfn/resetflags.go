package main

import (
	"net/url"

	"callfn/crossbar"
	"callfn/internal/resetmail"
)

// resetFlags configure how users who forgot their password get a new one.
type resetFlags struct {
	ResetUI               []string `name:"reset-ui" placeholder:"URL" group:"mail"`
	ResetSMTP             string   `name:"reset-smtp" placeholder:"URL" group:"mail"`
	ResetSMTPPasswordFile string   `name:"reset-smtp-password-file" placeholder:"FILE" group:"mail"`
	ResetFrom             string   `placeholder:"ADDRESS" group:"mail"`
	ResetWebhook          string   `placeholder:"URL" group:"mail"`
}

// recovery returns the flags in the form that the API needs; the zero Recovery without flags.
func (f resetFlags) recovery() (r crossbar.Recovery, err error) {
	switch {
	case f.ResetSMTP == "" && f.ResetWebhook == "":
		if len(f.ResetUI) > 0 {
			return r, usageError{errorf("--reset-ui needs --reset-smtp or --reset-webhook, which send the resets")}
		}
		return r, nil
	case f.ResetSMTP != "" && f.ResetWebhook != "":
		return r, usageError{errorf("--reset-smtp and --reset-webhook: choose one")}
	case len(f.ResetUI) == 0:
		return r, usageError{errorf("password resets need --reset-ui: where their links may lead")}
	}
	for _, ui := range f.ResetUI {
		u, err := url.Parse(ui)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
			return r, usageError{errorf("--reset-ui %q: want an address such as https://ui.example.com", ui)}
		}
	}
	r.UIs = f.ResetUI
	if f.ResetWebhook != "" {
		if r.Mailer, err = resetmail.NewWebhook(f.ResetWebhook); err != nil {
			return r, usageError{errorf("--reset-webhook: %w", err)}
		}
		return r, nil
	}
	password := ""
	if f.ResetSMTPPasswordFile != "" {
		if password, err = readPassword(environment{}, "--reset-smtp-password-file", f.ResetSMTPPasswordFile); err != nil {
			return r, err
		}
	}
	if r.Mailer, err = resetmail.NewSMTP(f.ResetSMTP, password, f.ResetFrom); err != nil {
		return r, usageError{errorf("--reset-smtp: %w", err)}
	}
	return r, nil
}
