// Package auth issues and checks the tokens that API requests carry: RS256 JSON web tokens with KAZOO's claims
// (docs/reference/kazoo.md#tokens). The signing keys are made once, stored sealed, and can be rotated; a token dies
// with its expiry, with its identity's secret (rotating an account's API key), or when it is revoked.
package auth
