// Package resetmail brings password resets to people: by e-mail over SMTP, or to a webhook of the operator's that does.
// Neither tells anybody else what it was given: errors name hosts, never links or addresses of people.
package resetmail
