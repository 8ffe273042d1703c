package couchnode

import (
	"context"
	"encoding/hex"
	"sync"
)

// database is the node's state of a database in memory: its last sequence, and who waits for changes.
type database struct {
	name, uuid string

	mu      sync.Mutex
	seq     uint64
	gone    bool
	changed chan struct{} // closed, and replaced, at every change

	indexing sync.Map // view signature → chan struct{} of capacity 1, the lock for updating that index
}

func newDatabase(name, uuid string, seq uint64) *database {
	return &database{name: name, uuid: uuid, seq: seq, changed: make(chan struct{})}
}

// advance tells waiting feeds that changes up to seq are on disk.
func (d *database) advance(seq uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if seq > d.seq {
		d.seq = seq
		close(d.changed)
		d.changed = make(chan struct{})
	}
}

// drop tells waiting feeds that the database was deleted.
func (d *database) drop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.gone = true
	close(d.changed)
	d.changed = make(chan struct{})
}

// watch returns a channel that closes at the next change after seq; it may be closed already. ok is false if the
// database was deleted.
func (d *database) watch(seq uint64) (next <-chan struct{}, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seq > seq {
		c := make(chan struct{})
		close(c)
		return c, !d.gone
	}
	return d.changed, !d.gone
}

// lockIndex locks one view index for updating.
func (d *database) lockIndex(ctx context.Context, sig string) (unlock func(), err error) {
	c, _ := d.indexing.LoadOrStore(sig, make(chan struct{}, 1))
	turn := c.(chan struct{})
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// createDatabase creates a database, or answers 412.
func (n *Node) createDatabase(name string) error {
	uuid, err := n.newUUID()
	if err != nil {
		return err
	}
	raw, _ := hex.DecodeString(uuid)
	return n.writer.write(func(tx *writeTx) error {
		if _, err := openDB(tx.Tx, name); err == nil {
			return refuse(412, "file_exists", "The database could not be created, the file already exists.")
		}
		if err := createDB(tx.Tx, name, raw); err != nil {
			return err
		}
		tx.OnCommit(func() {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.dbs[name] = newDatabase(name, uuid, 0)
		})
		return nil
	})
}

// deleteDatabase deletes a database with all its content.
func (n *Node) deleteDatabase(db *database) error {
	return n.update(db, func(tx *writeTx, d *dbTx) error {
		if err := tx.Bucket(bucketDBs).DeleteBucket([]byte(db.name)); err != nil {
			return err
		}
		tx.OnCommit(func() {
			n.mu.Lock()
			if n.dbs[db.name] == db {
				delete(n.dbs, db.name)
			}
			n.mu.Unlock()
			db.drop()
		})
		return nil
	})
}

// databaseNames lists the databases in order.
func (n *Node) databaseNames() []string {
	n.mu.RLock()
	defer n.mu.RUnlock()
	names := make([]string, 0, len(n.dbs))
	for name := range n.dbs {
		names = append(names, name)
	}
	return names
}

// checkDatabaseName applies CouchDB's rule for names.
func checkDatabaseName(name string) error {
	switch name {
	case "_users", "_replicator", "_global_changes":
		return notImplemented("the database %s has a meaning in CouchDB that this node does not give it", name)
	}
	illegal := refuse(400, "illegal_database_name", "Name: '"+name+"'. Only lowercase characters (a-z), digits (0-9), "+
		"and any of the characters _, $, (, ), +, -, and / are allowed. Must begin with a letter.")
	if name == "" || name[0] < 'a' || name[0] > 'z' {
		return illegal
	}
	if len(name) > 238 {
		return refuse(400, "database_name_too_long", "At least one path segment of `"+name+"` is too long.")
	}
	for _, c := range []byte(name) {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		case c == '_', c == '$', c == '(', c == ')', c == '+', c == '-', c == '/':
		default:
			return illegal
		}
	}
	return nil
}
