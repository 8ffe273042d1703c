// Package smalldisk gives tests a disk that fills up.
package smalldisk
