package secret

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"callfn/internal/account"
	"callfn/internal/auth"
	"callfn/internal/datastore"
	"callfn/internal/hostname"
)

// DocumentType is the pvt_type of a secret's document.
const DocumentType = "secret"

// sealedField holds the sealed value. An export without secrets leaves it out, by its name.
const sealedField = "pvt_sealed_secret"

// Store is the secrets of all accounts. It is safe for concurrent use, also by several processes on one datastore.
type Store struct {
	Datastores datastore.Resolver
	Key        auth.Secret
	Random     io.Reader
	Now        func() time.Time
}

// Secret is what may be known of a secret.
type Secret struct {
	Name     string
	Hosts    []string
	Reveal   bool
	Set      bool // there is a value; an import without secrets has none
	Created  time.Time
	Modified time.Time // when the value was set
	Used     time.Time // last by a run, exact to UseResolution; zero for never
	Revision string
}

// Opened is a secret with its value. Keep it no longer than one run.
type Opened struct {
	Secret
	Value   string
	MayGoTo hostname.List
}

// The errors of reading, for errors.Is, besides those of the datastore.
var (
	// ErrAbsent means that the account has no secret of that name, or one without a value.
	ErrAbsent = errors.New("the account has no such secret")
	// ErrUnreadable means that a secret was sealed with another secret key file, or was changed in the datastore.
	ErrUnreadable = errors.New("the secret cannot be opened with this secret key file: set it again")
)

func documentID(of account.ID, name string) string { return "secret-" + string(of) + "-" + name }

func (s *Store) database() (*datastore.Database, error) {
	return s.Datastores.Resolve(datastore.Accounts, DocumentType)
}

// Put stores a secret, or replaces one with everything that belongs to it: without its value nobody changes where a
// secret may go. It reports whether the name is new. Errors match ErrName, ErrValue, ErrHosts or ErrFull, or are the
// datastore's. The next run uses the new value.
func (s *Store) Put(ctx context.Context, of account.ID, name string, n New, stamp datastore.Stamp) (Secret, bool,
	error,
) {
	if !ValidName(name) || !datastore.ValidID(string(of)) {
		return Secret{}, false, ErrName
	}
	hosts, err := n.check()
	if err != nil {
		return Secret{}, false, err
	}
	t := terms{Account: string(of), Name: name, Hosts: hosts, Reveal: n.Reveal}
	sealed, err := t.seal(s.Key, s.Random, n.Value)
	if err != nil {
		return Secret{}, false, err
	}
	db, err := s.database()
	if err != nil {
		return Secret{}, false, err
	}
	const attempts = 5
	for attempt := 1; ; attempt++ {
		saved, created, err := s.put(ctx, db, t, sealed, stamp)
		if errors.Is(err, datastore.ErrConflict) && attempt < attempts {
			continue
		}
		if err != nil {
			return Secret{}, false, err
		}
		return knownOf(saved), created, nil
	}
}

func (s *Store) put(ctx context.Context, db *datastore.Database, t terms, sealed string,
	stamp datastore.Stamp,
) (saved datastore.Document, created bool, err error) {
	doc, err := db.Get(ctx, documentID(account.ID(t.Account), t.Name))
	if errors.Is(err, datastore.ErrNotFound) {
		full, err := s.full(ctx, db, account.ID(t.Account), MaxPerAccount)
		if err != nil {
			return nil, false, err
		}
		if full {
			return nil, false, ErrFull
		}
		doc, created = datastore.Document{"_id": documentID(account.ID(t.Account), t.Name)}, true
	} else if err != nil {
		return nil, false, err
	}
	doc["secret_name"], doc["hosts"], doc["reveal"] = t.Name, t.Hosts, t.Reveal
	doc[sealedField] = sealed
	stamp.Type, stamp.AccountID, stamp.Database, stamp.Now = DocumentType, t.Account, datastore.Accounts, s.Now()
	stamp.Mark(doc)
	if !created {
		saved, err = db.Save(ctx, doc)
		return saved, false, err
	}
	if saved, err = db.Create(ctx, doc); err != nil {
		return nil, false, err
	}
	// Several that were created at once all found room: those that see too many go again.
	if over, err := s.full(ctx, db, account.ID(t.Account), MaxPerAccount+1); err != nil || !over {
		return saved, true, err
	}
	return nil, false, errors.Join(ErrFull, db.Delete(ctx, saved.ID(), saved.Rev()))
}

// full reports whether the account has so many secrets.
func (s *Store) full(ctx context.Context, db *datastore.Database, of account.ID, most int) (bool, error) {
	q := idsOf(of)
	q.Skip, q.Limit = most-1, 1
	rows, err := db.AllDocs(ctx, q)
	return len(rows) > 0, err
}

// idsOf selects the documents of the account's secrets by their ids.
func idsOf(of account.ID) datastore.Query {
	first := documentID(of, "")
	return datastore.Query{StartKey: first, EndKey: first + "~"} // ~ sorts after all that names have
}

// List gives the account's secrets by name.
func (s *Store) List(ctx context.Context, of account.ID) ([]Secret, error) {
	if !datastore.ValidID(string(of)) {
		return nil, nil
	}
	db, err := s.database()
	if err != nil {
		return nil, err
	}
	q := idsOf(of)
	q.IncludeDocs = true
	rows, err := db.AllDocs(ctx, q)
	if err != nil {
		return nil, err
	}
	uses, err := s.lastUses(ctx, of)
	if err != nil {
		return nil, err
	}
	list := make([]Secret, 0, len(rows))
	for _, row := range rows {
		if !isSecretOf(row.Doc, of) {
			continue
		}
		known := knownOf(row.Doc)
		known.Used = uses[known.Name]
		list = append(list, known)
	}
	return list, nil
}

// Get gives what may be known of a secret. ErrAbsent where there is none.
func (s *Store) Get(ctx context.Context, of account.ID, name string) (Secret, error) {
	doc, err := s.read(ctx, of, name)
	if err != nil {
		return Secret{}, err
	}
	uses, err := s.lastUses(ctx, of)
	known := knownOf(doc)
	known.Used = uses[name]
	return known, err
}

// Open gives a secret with its value. ErrAbsent where there is none or no value, ErrUnreadable where another key sealed
// it, otherwise the datastore's errors.
func (s *Store) Open(ctx context.Context, of account.ID, name string) (Opened, error) {
	doc, err := s.read(ctx, of, name)
	if err != nil {
		return Opened{}, err
	}
	return s.openDocument(of, name, doc)
}

func (s *Store) openDocument(of account.ID, name string, doc datastore.Document) (Opened, error) {
	known := knownOf(doc)
	if !known.Set {
		return Opened{}, ErrAbsent
	}
	t := terms{Account: string(of), Name: name, Hosts: known.Hosts, Reveal: known.Reveal}
	value, err := t.open(s.Key, doc.Text(sealedField))
	if err != nil {
		return Opened{}, err
	}
	list, err := hostname.ParseList(known.Hosts)
	if err != nil {
		return Opened{}, ErrUnreadable
	}
	return Opened{Secret: known, Value: value, MayGoTo: list}, nil
}

// Delete removes a secret for good. ErrAbsent where there is none.
func (s *Store) Delete(ctx context.Context, of account.ID, name string) (Secret, error) {
	doc, err := s.read(ctx, of, name)
	if err != nil {
		return Secret{}, err
	}
	db, err := s.database()
	if err != nil {
		return Secret{}, err
	}
	return knownOf(doc), db.Delete(ctx, doc.ID(), doc.Rev())
}

// Any reports whether there is a sealed value of any account. A start that would make a new key asks: it would open
// none of them.
func (s *Store) Any(ctx context.Context) (bool, error) {
	found := false
	err := s.sealed(ctx, func(datastore.Document) bool {
		found = true
		return false
	})
	return found, err
}

// Examine counts the secrets of all accounts that have a value, and those of them that do not open: sealed with another
// secret key file, or changed in the datastore.
func (s *Store) Examine(ctx context.Context) (sealed, unreadable int, err error) {
	err = s.sealed(ctx, func(doc datastore.Document) bool {
		sealed++
		if _, err := s.openDocument(account.ID(doc.Account()), doc.Text("secret_name"), doc); err != nil {
			unreadable++
		}
		return true
	})
	return sealed, unreadable, err
}

// sealed calls each with every secret that has a value, until it returns false.
func (s *Store) sealed(ctx context.Context, each func(datastore.Document) bool) error {
	db, err := s.database()
	if err != nil {
		return err
	}
	const batch = 200
	q := datastore.Query{StartKey: "secret-", EndKey: "secret-~", IncludeDocs: true, Limit: batch}
	for {
		rows, err := db.AllDocs(ctx, q)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.Doc != nil && row.Doc.Type() == DocumentType && row.Doc.Text(sealedField) != "" && !each(row.Doc) {
				return nil
			}
		}
		if len(rows) < batch {
			return nil
		}
		q.StartKey, q.Skip = rows[len(rows)-1].ID, 1
	}
}

func (s *Store) read(ctx context.Context, of account.ID, name string) (datastore.Document, error) {
	if !ValidName(name) || !datastore.ValidID(string(of)) {
		return nil, ErrAbsent
	}
	db, err := s.database()
	if err != nil {
		return nil, err
	}
	doc, err := db.Get(ctx, documentID(of, name))
	if errors.Is(err, datastore.ErrNotFound) || err == nil && !isSecretOf(doc, of) {
		return nil, ErrAbsent
	}
	return doc, err
}

func isSecretOf(doc datastore.Document, of account.ID) bool {
	return doc != nil && doc.Type() == DocumentType && doc.Account() == string(of) && !doc.Deleted()
}

// knownOf reads what may be known of a secret from its document.
func knownOf(doc datastore.Document) Secret {
	if doc == nil {
		return Secret{}
	}
	s := Secret{
		Name: doc.Text("secret_name"), Set: doc.Text(sealedField) != "", Revision: doc.Rev(),
		Created: moment(doc["pvt_created"]), Modified: moment(doc["pvt_modified"]),
	}
	s.Reveal, _ = doc["reveal"].(bool)
	switch hosts := doc["hosts"].(type) {
	case []string:
		s.Hosts = hosts
	case []any:
		for _, host := range hosts {
			if text, ok := host.(string); ok {
				s.Hosts = append(s.Hosts, text)
			}
		}
	}
	return s
}

func moment(v any) time.Time {
	var seconds int64
	switch v := v.(type) {
	case json.Number:
		seconds, _ = v.Int64()
	case int64:
		seconds = v
	}
	if seconds == 0 {
		return time.Time{}
	}
	return datastore.FromGregorian(seconds)
}
