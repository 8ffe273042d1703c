// Package typescript writes TypeScript declarations of what customers' functions get and return, for editors: the
// parameters of a call, and a flow of every module with its data, from the schemas that flows are validated by.
package typescript
