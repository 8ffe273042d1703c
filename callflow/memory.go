package callflow

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"callfn/internal/account"
	"callfn/internal/clip"
)

// Memory is a Directory that holds the callflows of some accounts in memory, for tests and examples. It must not change
// while it is in use.
type Memory map[account.ID][]MemoryDocument

// MemoryDocument is a callflow with its patterns, or a document of another kind.
type MemoryDocument struct {
	Document
	Patterns []string

	Kind Kind // of a document that is not a callflow
	Data Data // its content
}

// ByNumber implements Directory.
func (m Memory) ByNumber(_ context.Context, id account.ID, number string) ([]Document, error) {
	var docs []Document
	for _, doc := range m[id] {
		if slices.Contains(doc.Numbers, number) {
			docs = append(docs, doc.Document)
		}
	}
	slices.SortFunc(docs, func(a, b Document) int { return cmp.Compare(a.ID, b.ID) })
	return docs, nil
}

// Patterns implements Directory.
func (m Memory) Patterns(_ context.Context, id account.ID) ([]PatternRow, error) {
	var rows []PatternRow
	for _, doc := range m[id] {
		for _, pattern := range doc.Patterns {
			rows = append(rows, PatternRow{Pattern: pattern, ID: doc.ID})
		}
	}
	slices.SortFunc(rows, byPattern)
	return rows, nil
}

// byPattern is the order of Directory.Patterns.
func byPattern(a, b PatternRow) int {
	return cmp.Or(cmp.Compare(a.Pattern, b.Pattern), cmp.Compare(a.ID, b.ID))
}

// ByID implements Directory.
func (m Memory) ByID(_ context.Context, id account.ID, callflow ID) (Document, error) {
	for _, doc := range m[id] {
		if doc.ID == callflow && doc.Kind == "" {
			return doc.Document, nil
		}
	}
	return Document{}, fmt.Errorf("open callflow %s: %w", clip.Text(string(callflow), 64), ErrNoDocument)
}

// Resource implements Directory.
func (m Memory) Resource(_ context.Context, id account.ID, kind Kind, document string) (Data, error) {
	for _, doc := range m[id] {
		if string(doc.ID) == document && doc.Kind == kind {
			return doc.Data, nil
		}
	}
	return nil, fmt.Errorf("open %s %s: %w", kind, clip.Text(document, 64), ErrNoDocument)
}

// Devices implements Directory.
func (m Memory) Devices(_ context.Context, id account.ID, owner string) ([]string, error) {
	var ids []string
	for _, doc := range m[id] {
		if doc.Kind == DeviceKind && owner != "" && doc.Data.String("owner_id") == owner {
			ids = append(ids, string(doc.ID))
		}
	}
	slices.Sort(ids)
	return ids, nil
}
