package main

import (
	"errors"
	"os"
	"path/filepath"

	"callfn/internal/boltfile"
	"callfn/internal/doctor"
	"callfn/internal/kv/boltkv"
	"callfn/internal/service"
)

// keyValues reads the whole file of the key-value store, unless a service has it open.
func (x *dataExam) keyValues() {
	const check = "key-value store"
	file := filepath.Join(x.dir, service.KVFile)
	info, err := os.Stat(file)
	if err != nil {
		return // the next start makes one
	}
	engine, err := boltkv.Open(file, 0)
	if errors.Is(err, boltfile.ErrLocked) {
		x.add(check, doctor.Unknown, "stop the service to have the whole file read", "a running service has %s open (%s)",
			service.KVFile, bytesText(info.Size()))
		return
	}
	if err == nil {
		err = errors.Join(engine.Check(), engine.Close())
	}
	if err != nil {
		x.add(check, doctor.Broken, "restore the data directory from a backup, or move the file away: functions then begin "+
			"with an empty store", "%v", err)
		return
	}
	x.add(check, doctor.OK, "", "%s is whole (%s)", service.KVFile, bytesText(info.Size()))
}
