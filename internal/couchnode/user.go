package couchnode

import "context"

type userKey struct{}

// withUser notes who has been authenticated, for userCtx.
func withUser(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, userKey{}, name)
}

// userName is who has been authenticated; "" is nobody in particular.
func userName(ctx context.Context) string {
	name, _ := ctx.Value(userKey{}).(string)
	return name
}
