package callflow

import (
	"context"
	"slices"
	"strings"

	"callfn/internal/account"
	"callfn/internal/datastore"
)

// Candidate is a callflow that is not stored, or not yet. A rehearsal tries one before an update.
type Candidate struct {
	Document
	Patterns []string
}

// CandidateOf returns the Candidate for a document that is about to be stored.
func CandidateOf(doc datastore.Document) *Candidate {
	c := &Candidate{Document: fromDocument(doc)}
	patterns, _ := doc["patterns"].([]any)
	for _, p := range patterns {
		if text, ok := p.(string); ok {
			c.Patterns = append(c.Patterns, text)
		}
	}
	return c
}

// withCandidate is a Directory in which a candidate replaces the stored callflow with its id.
type withCandidate struct {
	Directory
	account   account.ID
	candidate Candidate
}

// ByNumber implements Directory.
func (w withCandidate) ByNumber(ctx context.Context, id account.ID, number string) ([]Document, error) {
	docs, err := w.Directory.ByNumber(ctx, id, number)
	if err != nil || id != w.account {
		return docs, err
	}
	docs = slices.DeleteFunc(slices.Clone(docs), func(d Document) bool { return d.ID == w.candidate.ID })
	if slices.Contains(w.candidate.Numbers, number) {
		docs = append(docs, w.candidate.Document)
		slices.SortFunc(docs, func(a, b Document) int { return strings.Compare(string(a.ID), string(b.ID)) })
	}
	return docs, nil
}

// Patterns implements Directory.
func (w withCandidate) Patterns(ctx context.Context, id account.ID) ([]PatternRow, error) {
	rows, err := w.Directory.Patterns(ctx, id)
	if err != nil || id != w.account {
		return rows, err
	}
	rows = slices.DeleteFunc(slices.Clone(rows), func(r PatternRow) bool { return r.ID == w.candidate.ID })
	for _, pattern := range w.candidate.Patterns {
		rows = append(rows, PatternRow{Pattern: pattern, ID: w.candidate.ID})
	}
	slices.SortFunc(rows, byPattern)
	return rows, nil
}

// ByID implements Directory.
func (w withCandidate) ByID(ctx context.Context, id account.ID, callflow ID) (Document, error) {
	if id == w.account && callflow == w.candidate.ID {
		return w.candidate.Document, nil
	}
	return w.Directory.ByID(ctx, id, callflow)
}
