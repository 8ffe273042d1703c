package callflow

import "time"

// RetryAfter changes how long a Web waits before it sends again.
func (w *Web) RetryAfter(d time.Duration) { w.again = d }
