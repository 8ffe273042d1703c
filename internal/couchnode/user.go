package couchnode

import "context"

type userKey struct{}

// withUser stores the authenticated user name for userCtx.
func withUser(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, userKey{}, name)
}

// userName returns the authenticated user name, or "" if there is none.
func userName(ctx context.Context) string {
	name, _ := ctx.Value(userKey{}).(string)
	return name
}
