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

// migration is the whole document of a move; storageplan reads the first part of it.
type migration struct {
	storageplan.Migration

	Rev      string             `json:"_rev,omitempty"`
	Type     string             `json:"pvt_type"`
	Created  int64              `json:"pvt_created"`  // gregorian seconds
	Modified int64              `json:"pvt_modified"` // gregorian seconds
	Since    string             `json:"pvt_since"`    // how far From has been copied
	Lease    *lease             `json:"pvt_lease,omitempty"`
	Swept    bool               `json:"pvt_swept"`              // From was looked at once more after the switch
	Sweeps   int                `json:"pvt_sweeps,omitempty"`   // how often that was
	SweptAt  int64              `json:"pvt_swept_at,omitempty"` // when it was last; ms since 1970
	Returns  bool               `json:"returns,omitempty"`      // on its way back: From and To are exchanged
	Wanted   wish               `json:"wanted,omitempty"`       // what Finish or Rollback asked for
	Proof    *replication.Proof `json:"proof,omitempty"`        // what both sides had in common when it switched
	Trouble  string             `json:"last_error,omitempty"`   // what the last try failed at; "" once it went on
	Retreats int                `json:"pvt_retreats,omitempty"` // how often the fence was lifted without a switch
}

// lease says which process works at a move.
type lease struct {
	Holder string `json:"holder"`
	Until  int64  `json:"until"` // ms since 1970
}

// wish is what somebody asked a move to do.
type wish string

const (
	finish   wish = "finish"
	rollback wish = "rollback"
)

// Status is a move as people see it.
type Status struct {
	storageplan.Migration
	Returns bool   // on its way back
	Trouble string // what the last try failed at
	Proof   *replication.Proof
	Started time.Time
}

// Public is what clients see of it.
func (s Status) Public() map[string]any {
	out := s.Migration.Public()
	out["returns"] = s.Returns
	out["started"] = datastore.Gregorian(s.Started)
	if s.Trouble != "" {
		out["last_error"] = s.Trouble
	}
	if s.Proof != nil {
		out["proof"] = map[string]any{"documents": s.Proof.Documents, "deleted": s.Proof.Deleted, "digest": s.Proof.Digest}
	}
	return out
}

func (m migration) status() Status {
	return Status{
		Migration: m.Migration, Returns: m.Returns, Trouble: m.Trouble, Proof: m.Proof,
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
		err = errors.New("it is no migration")
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
