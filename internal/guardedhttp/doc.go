// Package guardedhttp sends requests to web servers that customers name, such as those of pivot and webhook nodes, and
// keeps them from reaching internal addresses. It checks the address of every connection after the name is resolved,
// also of redirects, so that DNS rebinding cannot pass. Time, size and redirects are bounded. Proxies, cookies,
// credentials and the environment are not used.
package guardedhttp
