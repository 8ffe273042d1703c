package datastore

import "time"

// FollowImpatiently is Follow with a silence of the test's own.
func FollowImpatiently(cfg Following, silence time.Duration) *Follower { return follow(cfg, silence) }
