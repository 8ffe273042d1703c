//go:build !linux

package subprocess

import "time"

// Slack does nothing on other kernels.
func Slack(time.Duration) {}
