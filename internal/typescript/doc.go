// Package typescript writes TypeScript declarations for customers' functions, for use in editors: the parameters of a
// call, and a flow of every module with its data. It builds them from the schemas that validate flows.
package typescript
