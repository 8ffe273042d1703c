// Package autodisable switches functions off that keep failing in calls, as KAZOO promises for functions and does for
// webhooks (docs/reference/kazoo.md#automatic-disabling). Each process counts failures by itself; the disabled state
// stands in the function's document, which every run reads.
package autodisable
