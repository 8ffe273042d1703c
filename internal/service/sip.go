package service

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/calls"
	"callfn/internal/datastore"
	"callfn/internal/guardedhttp"
	"callfn/internal/recording"
	"callfn/internal/rtp"
	"callfn/internal/sip"
	"callfn/internal/speech"
	"callfn/internal/voice"
	"callfn/internal/webmedia"
)

// SIP says how calls come in over SIP. Without an address to listen on none do.
type SIP struct {
	Listen   []sip.Address
	TLS      *tls.Config
	External netip.Addr
	Ports    [2]int // of RTP, from and to
	Access   sip.Access
	Calls    int // at once; 0 for as many as the ports are enough for

	Media       string // directory of sound files and prompts; none when empty
	MediaCopies int64  // bytes of sound files from web servers that are kept; 0 to fetch none
	Speech      Speech

	RecordingQuota     int64         // bytes an account may have; 0 for any number
	RecordingRetention time.Duration // 0 for ever
}

// Speech says what reads text aloud.
type Speech struct {
	Command []string // see speech.Config; empty for espeak-ng where that is installed
	Off     bool     // nothing does
	Bytes   int64    // of rendered speech that are kept
}

// startCalls makes what carries calls out: speech, media, recordings, and the way from a number to a callflow.
func (s *Service) startCalls(ctx context.Context) error {
	c := s.cfg.SIP
	if len(c.Listen) == 0 {
		return nil
	}
	var err error
	if s.recordings, err = recording.Open(recording.Config{
		Dir: filepath.Join(s.cfg.Data, "recordings"), Quota: c.RecordingQuota, Retention: c.RecordingRetention,
		Now: time.Now, Random: rand.Reader,
	}); err != nil {
		return err
	}
	s.background(ctx, s.expireRecordings)
	s.voice = voice.Config{Recordings: s.recordings}
	if c.Media != "" {
		root, err := os.OpenRoot(c.Media)
		if err != nil {
			return SettingError{fmt.Errorf("--media %s: %w", c.Media, err)}
		}
		s.closing("the directory of media", root.Close)
		s.voice.Library = voice.Files{FS: root.FS()}
	} else {
		s.voice.Library = voice.Files{FS: os.DirFS(os.DevNull)} // silence_stream:// needs no file
	}
	if err := s.startWebMedia(); err != nil {
		return err
	}
	if err := s.startSpeech(ctx); err != nil {
		return err
	}
	s.callsWeb = callflow.NewWeb(guardedhttp.Config{})
	s.onClose(s.callsWeb.Close)
	s.handler = &calls.Handler{
		Executor: s.executor, Directory: s.directory, Accounts: s.known, Numbers: s.owners,
		Registry: s.inProgress, Log: s.log,
	}
	return nil
}

// startWebMedia makes ready what fetches sound files of web servers.
func (s *Service) startWebMedia() error {
	if s.cfg.SIP.MediaCopies == 0 {
		return nil
	}
	library, err := webmedia.Open(webmedia.Config{
		Dir: filepath.Join(s.cfg.Data, "web-media"), Bytes: s.cfg.SIP.MediaCopies, Now: time.Now, Log: s.log,
	})
	if err != nil {
		return err
	}
	s.onClose(library.Close)
	s.voice.Web = library
	return nil
}

// startSpeech makes ready what reads text aloud. Without an engine calls go on, with three tones for what is not said.
func (s *Service) startSpeech(ctx context.Context) error {
	c := s.cfg.SIP.Speech
	command, named := c.Command, len(c.Command) > 0
	if !named {
		command = speech.Default()
	}
	if c.Off || len(command) == 0 {
		s.log.Warn("nothing reads text aloud, callers hear three tones: install espeak-ng, or name a command with " +
			"--speech-command")
		return nil
	}
	engine, err := speech.New(ctx, speech.Config{
		Command: command, Dir: filepath.Join(s.cfg.Data, "speech"), Bytes: c.Bytes,
	})
	if err != nil && named {
		return SettingError{fmt.Errorf("--speech-command: %w", err)}
	}
	if err != nil {
		s.log.Warn("nothing reads text aloud, callers hear three tones", "error", err)
		return nil
	}
	s.voice.Speaker = engine
	return nil
}

// expireRecordings removes recordings that are too old, now and every hour.
func (s *Service) expireRecordings(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		if removed, err := s.recordings.Expire(); err != nil {
			s.log.Error("cannot remove old recordings", "error", err)
		} else if removed > 0 {
			s.log.Info("removed old recordings", "recordings", removed)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// listenSIP answers calls from now on.
func (s *Service) listenSIP() error {
	c := s.cfg.SIP
	if len(c.Listen) == 0 {
		return nil
	}
	ports, err := rtp.NewPorts(c.Ports[0], c.Ports[1])
	if err != nil {
		return SettingError{fmt.Errorf("--rtp-ports: %w", err)}
	}
	s.sip, err = sip.Open(sip.Config{
		Listen: c.Listen, TLS: c.TLS, External: c.External, Ports: ports, Access: c.Access, Calls: c.Calls,
		Voice: s.voice, Web: s.callsWeb, Log: s.log,
		Take: s.takeSIP, Observe: s.metrics.SIP(),
	})
	if err != nil {
		return fmt.Errorf("--sip: %w", err)
	}
	for _, a := range s.sip.Addresses() {
		s.log.Info("answering calls", "sip", a.Network+":"+a.Addr.String(), "open", c.Access.Open,
			"peers", len(c.Access.Peers))
		if c.Access.Open && !a.Addr.Addr().IsLoopback() {
			s.log.Warn("anybody can call the numbers and extensions of every account: name the peers with --sip-peer instead "+
				"of --sip-open where only they should", "sip", a.Network+":"+a.Addr.String())
		}
	}
	return nil
}

// takeSIP carries out one call. Who calls from this machine, and is no peer's, may know extensions.
func (s *Service) takeSIP(ctx context.Context, in sip.Incoming) {
	call := calls.Incoming{Call: in.Call, Control: in.Control, Switch: "sip"}
	if in.Source.Addr().IsLoopback() && !in.Trusted {
		call.Home = s.home
	}
	s.handler.Take(ctx, call)
}

// home is the account whose extension a caller on this machine dials: the only one whose callflows have the number,
// else the master account.
func (s *Service) home(ctx context.Context, number string) account.ID {
	id, err := s.homes.Get(number, func() (account.ID, error) { return s.findHome(ctx, number) })
	if err != nil {
		return s.master.Account
	}
	return id
}

func (s *Service) findHome(ctx context.Context, number string) (account.ID, error) {
	db, err := s.stores.Resolve(datastore.Callflows, "")
	if err != nil {
		return "", err
	}
	rows, err := db.View(ctx, "callflows", "accounts_by_number", datastore.Query{Keys: []any{number}})
	if err != nil {
		return "", err
	}
	var only account.ID
	for _, row := range rows {
		var id account.ID
		if json.Unmarshal(row.Value, &id) != nil || only != "" && id != only {
			return s.master.Account, nil
		}
		only = id
	}
	if only == "" {
		only = s.master.Account
	}
	return only, nil
}

// SIPAddresses are the addresses that calls are answered on, once Listen is through.
func (s *Service) SIPAddresses() []sip.Address {
	if s.sip == nil {
		return nil
	}
	return s.sip.Addresses()
}

// closeSIP lets calls under way finish until ctx ends, then hangs them up.
func (s *Service) closeSIP(ctx context.Context) error {
	if s.sip == nil {
		return nil
	}
	if calls := s.sip.Calls(); calls > 0 {
		s.log.Info("stopping, calls under way may finish", "calls", calls)
	}
	err := s.sip.Close(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}
