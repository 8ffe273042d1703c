// Package secret keeps the secrets of accounts: values that functions use without seeing them, such as the key of a
// CRM. They are sealed with the service's own secret key and write-only: no answer has a value. Each says to which
// hosts it may be sent; a function can only narrow that.
//
// A secret is a document in the database of accounts whose id is made of account and name, so there is one of a name,
// however many processes store it at once.
package secret
