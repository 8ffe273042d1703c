// Package numbers keeps whose a phone number is. A call from outside reaches an account only by a number that was
// assigned to it; a number that stands in an account's callflow and was not assigned is an extension there, reached by
// the account's own realm.
//
// A number is a document in the database of accounts whose id is the number itself. The datastore refuses a second
// document of one id, so a number belongs to one account at most, however many processes assign at once.
package numbers
