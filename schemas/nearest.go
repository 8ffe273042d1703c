package schemas

import nearestword "callfn/internal/nearest"

// nearest gives the candidate that word is probably a misspelling of, or "" if none is close.
func nearest(word string, candidates []string) string { return nearestword.Word(word, candidates) }
