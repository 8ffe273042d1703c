// Package guardedhttp asks web servers that customers name, such as those of pivot and webhook nodes, without letting
// anyone reach what only this machine can: every connection, that of every redirect included, is checked by the address
// it is really made to, after the name was resolved, so that no name can say one thing to a check and another to the
// dialler. Time, size and redirects are bounded. No proxy, no cookies, no credentials, nothing of the environment takes
// part.
package guardedhttp
