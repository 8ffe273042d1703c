package datastore

import "time"

// FollowImpatiently is Follow with a chosen silence.
func FollowImpatiently(cfg Following, silence time.Duration) *Follower { return follow(cfg, silence) }
