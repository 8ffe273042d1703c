package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"callfn/internal/boltfile"
	"callfn/internal/doctor"
	"callfn/internal/kv/boltkv"
	"callfn/internal/kv/natskv"
	"callfn/internal/service"
)

const kvCheck = "key-value store"

// examineKV examines where functions' key-value store is, unless it is a file in the data directory, see keyValues.
func (c doctorCommand) examineKV(ctx context.Context) []doctor.Finding {
	found := doctor.Finding{Site: "functions' key-value store", Check: kvCheck}
	switch {
	case c.NATSURL != "":
		found.Status, found.Says = doctor.OK, "NATS keeps it"
		if err := pingNATS(ctx, c.keyValues().NATS); err != nil {
			found.Status, found.Says = doctor.Broken, err.Error()
			found.Fix = "start the NATS servers, with JetStream: until then functions go on without their values"
		}
	case c.CouchDBURL == "" || c.KVSingle:
		return nil
	default:
		found.Status, found.Says = doctor.Change, "there is none: functions that declare kv are refused when they are saved"
		found.Fix = "name NATS servers with --nats-url, or say --kv-single if this is the only callfn"
	}
	return []doctor.Finding{found}
}

// pingNATS connects to NATS servers and asks for the stream, which it makes if there is none, as serve would.
func pingNATS(ctx context.Context, cfg natskv.Config) error {
	engine, err := natskv.Open(cfg)
	if err != nil {
		return err
	}
	defer func() { _ = engine.Close() }()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for {
		err := engine.Ping(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// keyValues reads the whole file of the key-value store, unless a service has it open.
func (x *dataExam) keyValues() {
	file := filepath.Join(x.dir, service.KVFile)
	info, err := os.Stat(file)
	if err != nil {
		return // the next start makes one
	}
	engine, err := boltkv.Open(file, 0)
	if errors.Is(err, boltfile.ErrLocked) {
		x.add(kvCheck, doctor.Unknown, "stop the service to have the whole file read", "a running service has %s open (%s)",
			service.KVFile, bytesText(info.Size()))
		return
	}
	if err == nil {
		err = errors.Join(engine.Check(), engine.Close())
	}
	if err != nil {
		x.add(kvCheck, doctor.Broken, "restore the data directory from a backup, or move the file away: functions then "+
			"begin with an empty store", "%v", err)
		return
	}
	x.add(kvCheck, doctor.OK, "", "%s is whole (%s)", service.KVFile, bytesText(info.Size()))
}
