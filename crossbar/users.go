package crossbar

import (
	"strings"

	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/schemas"
)

// users serves the users of an account: people who log in with a name and a password
// (docs/reference/kazoo.md#user-credentials).
func (a *API) users() *documentKind {
	collection := a.cfg.Accounts.Users()
	locks := newAccountLocks()
	return &documentKind{
		name:         "users",
		schema:       "users",
		collection:   collection,
		validator:    a.cfg.Schemas,
		random:       a.cfg.Random,
		stamp:        a.stamp,
		extraLimit:   a.cfg.ExtraLimit,
		room:         a.cfg.Quota.roomFor,
		computed:     []string{"credentials"}, // KAZOO imports digests here, which would be passwords in the datastore
		check:        a.checkUser,
		remark:       func(_ *exchange, doc datastore.Document) []schemas.Warning { return undialableForward(doc) },
		stillUsed:    a.stillUsed,
		beforeDelete: account.DropCredentials,
		lock:         locks.lock,
		listing:      listing{view: collection.ByAccount, computed: []string{"features"}},
	}
}

// checkUser keeps user names unique in their account, and updates the credentials when name or password changes. The
// password itself is never stored.
func (a *API) checkUser(x *exchange, before, doc datastore.Document) (schemas.FieldErrors, any, error) {
	var fields schemas.FieldErrors
	password, withPassword := doc["password"].(string)
	delete(doc, "password")
	if !x.caller.admin() && before != nil { // a plain user cannot change its own rights
		keep(doc, before, "priv_level")
		keep(doc, before, "enabled")
	}
	if withPassword && password == "" {
		fields.Add("password", "minLength", schemas.Violation{
			"message": "String must be at least 1 characters", "target": 1, "value": "",
		})
	}
	name := strings.ToLower(doc.Text("username"))
	if name == "" {
		if withPassword {
			fields.Add("username", "required", schemas.Violation{
				"message": "A password needs a user name to go with it", "value": "username",
			})
		}
		return fields, nil, a.cfg.Accounts.SetCredentials(doc, nil) // nobody can log in as this user
	}
	doc["username"] = name
	taken, err := a.cfg.Accounts.UserNamed(x.ctx, x.account.ID(), name)
	if err != nil {
		return nil, nil, err
	}
	if taken != "" && taken != doc.ID() {
		fields.Add("username", "unique", schemas.Violation{"message": "Username must be unique", "cause": name})
	}
	switch {
	case withPassword:
		err = a.cfg.Accounts.SetCredentials(doc, a.cfg.Auth.UserCredentials(x.account.ID(), name, password))
	case before == nil || before.Text("username") != name:
		// The stored hash of a password includes the name.
		fields.Add("password", "required", schemas.Violation{
			"message": "A new user name needs the password to go with it", "value": "password",
		})
	}
	return fields, nil, err
}

// keep restores a member to its previous value.
func keep(doc, before datastore.Document, name string) {
	delete(doc, name)
	if value, ok := before[name]; ok {
		doc[name] = value
	}
}
