// Package autodisable switches functions off that keep failing in calls, as KAZOO promises for functions and does for
// webhooks (docs/reference/kazoo.md#automatic-disabling). Each process counts for itself; that a function is off stands
// in its document, which every run reads.
package autodisable
