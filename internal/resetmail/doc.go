// Package resetmail delivers password resets by e-mail over SMTP, or to a webhook of the operator. Errors name hosts,
// never links or addresses of people.
package resetmail
