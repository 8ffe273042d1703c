package mover

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/replication"
	"callfn/internal/storageplan"
)

// migration is the whole document of a move. storageplan reads its first part.
type migration struct {
	storageplan.Migration

	Rev       string             `json:"_rev,omitempty"`
	Type      string             `json:"pvt_type"`
	Created   int64              `json:"pvt_created"`  // gregorian seconds
	Modified  int64              `json:"pvt_modified"` // gregorian seconds
	Since     string             `json:"pvt_since"`    // update sequence up to which From was copied
	Lease     *lease             `json:"pvt_lease,omitempty"`
	Swept     bool               `json:"pvt_swept"`              // From was copied once more after the switch
	Sweeps    int                `json:"pvt_sweeps,omitempty"`   // number of sweeps
	SweptAt   int64              `json:"pvt_swept_at,omitempty"` // time of the last sweep, in ms since 1970
	Copies    int                `json:"pvt_copies,omitempty"`   // of each document at From, found by a sweep
	Returns   bool               `json:"returns,omitempty"`      // on its way back: From and To are exchanged
	Requested request            `json:"wanted,omitempty"`       // by Finish or Rollback, not carried out yet
	Proof     *replication.Proof `json:"proof,omitempty"`        // what both sides had in common at the switch
	LastError string             `json:"last_error,omitempty"`   // of the last attempt; "" after progress
	Retreats  int                `json:"pvt_retreats,omitempty"` // how often the fence was removed without a switch
}

// lease names the process that works at a move.
type lease struct {
	Holder string `json:"holder"`
	Until  int64  `json:"until"` // ms since 1970
}

// request is what Finish or Rollback requests of a move.
type request string

const (
	finishRequest   request = "finish"
	rollbackRequest request = "rollback"
)

// Status is a move as clients see it.
type Status struct {
	storageplan.Migration
	Returns   bool   // on its way back
	LastError string // of the last attempt
	Proof     *replication.Proof
	Started   time.Time
}

// Public returns what clients see.
func (s Status) Public() map[string]any {
	out := s.Migration.Public()
	out["returns"] = s.Returns
	out["started"] = datastore.Gregorian(s.Started)
	if s.LastError != "" {
		out["last_error"] = s.LastError
	}
	if s.Proof != nil {
		out["proof"] = map[string]any{"documents": s.Proof.Documents, "deleted": s.Proof.Deleted, "digest": s.Proof.Digest}
	}
	return out
}

func (m migration) status() Status {
	return Status{
		Migration: m.Migration, Returns: m.Returns, LastError: m.LastError, Proof: m.Proof,
		Started: datastore.FromGregorian(m.Created),
	}
}

func readMigration(doc datastore.Document) (migration, error) {
	var m migration
	raw, err := json.Marshal(doc)
	if err == nil {
		err = json.Unmarshal(raw, &m)
	}
	if err == nil && m.Type != storageplan.MigrationType {
		err = errors.New("the document is not a migration")
	}
	if err != nil {
		return migration{}, fmt.Errorf("migration %s: %w", doc.ID(), err)
	}
	return m, nil
}

func (m migration) document() (datastore.Document, error) {
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	var doc datastore.Document
	err = json.Unmarshal(raw, &doc)
	return doc, err
}
