// Package auth issues and checks the tokens that API requests carry: RS256 JSON web tokens with KAZOO's claims
// (docs/reference/kazoo.md#tokens).
//
// The signing keys are created once, stored sealed, and can be rotated. A token becomes invalid when it expires, when
// its identity's secret changes (such as by rotating an account's API key), or when it is revoked.
package auth
