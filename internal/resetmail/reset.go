package resetmail

import (
	"time"

	"callfn/internal/account"
)

// Reset is a password reset to deliver to its user.
type Reset struct {
	Account             account.ID
	UserID, Username    string
	Email               string // never empty
	FirstName, LastName string
	TimeZone            string    // IANA name; may be empty
	Link                string    // opens the form for a new password, once. It is as good as the password: never log it
	Expires             time.Time // of the link
}
