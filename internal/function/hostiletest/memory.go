package hostiletest

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// watch samples the resident memory of the place's processes until the returned function is called; that one returns
// the most that any of them had, in bytes.
func (p Place) watch() func() int64 {
	if p.Processes == nil {
		return func() int64 { return 0 }
	}
	stop, done := make(chan struct{}), make(chan int64)
	go func() {
		var peak int64
		for {
			for _, pid := range p.Processes() {
				peak = max(peak, RSS(pid))
			}
			select {
			case <-stop:
				done <- peak
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() int64 {
		close(stop)
		return <-done
	}
}

// RSS is a process's resident memory in bytes; 0 where it cannot be read, as on systems without /proc.
func RSS(pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	fields := bytes.Fields(b)
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// Descendants lists the processes below pid, on systems with /proc.
func Descendants(pid int) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	kids := map[int][]int{}
	for _, e := range entries {
		child, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", child))
		if err != nil {
			continue
		}
		at := bytes.LastIndexByte(b, ')') // the name before it may hold anything
		fields := bytes.Fields(b[at+1:])
		if len(fields) < 2 || string(fields[0]) == "Z" {
			continue
		}
		if parent, err := strconv.Atoi(string(fields[1])); err == nil {
			kids[parent] = append(kids[parent], child)
		}
	}
	var all []int
	for next := kids[pid]; len(next) > 0; next = next[1:] {
		all = append(all, next[0])
		next = append(next, kids[next[0]]...)
	}
	return all
}
