package sip_test

import (
	"context"
	"testing"
	"time"

	"callfn/callflow"
	"callfn/callflow/controltest"
	"callfn/internal/media"
	"callfn/internal/sip"
	"callfn/internal/sip/siptest"
	"callfn/internal/voice"
)

// contractSlack is how far moments may be off: two frames, what the network takes, and a busy machine.
const contractSlack = 250 * time.Millisecond

func TestControl(t *testing.T) {
	slack := contractSlack
	if testing.Short() { // under the race detector
		slack *= 3
	}
	controltest.Run(t, controltest.Switch{Place: place, Slack: slack})
}

// place calls a server of its own, and hands the Control of the call out.
func place(t *testing.T, c controltest.Caller) controltest.Call {
	t.Helper()
	placed, finish := make(chan callflow.Control, 1), make(chan struct{})
	_, address := start(t, func(_ context.Context, in sip.Incoming) {
		placed <- in.Control
		<-finish
	}, func(cfg *sip.Config) {
		cfg.Voice = voice.Config{Library: tones(controltest.Media()), Speaker: speaker{}, Recordings: &recordings{}}
	})
	phone := siptest.New(t, address)
	phone.Invite()
	control := <-placed
	began := time.Now()
	stop := make(chan struct{})
	dialled := make(chan struct{})
	go func() { // the caller's hand
		defer close(dialled)
		act(phone, c, began, stop)
	}()
	return controltest.Call{
		Control: control,
		Heard:   func() []controltest.Heard { return heard(phone.Audio.Received()) },
		End: func() {
			close(stop)
			<-dialled
			close(finish)
		},
	}
}

// act has the caller do what the case says, in order of time. He takes the answer when it comes.
func act(phone *siptest.Phone, c controltest.Caller, began time.Time, stop chan struct{}) {
	answered := false
	until := func(d time.Duration) bool {
		for {
			left := time.Until(began.Add(d))
			if left <= 0 {
				return true
			}
			select {
			case <-stop:
				return false
			default:
			}
			if answered {
				time.Sleep(min(left, 10*time.Millisecond))
				continue
			}
			if m, ok := phone.AwaitWithin(min(left, 10*time.Millisecond), "INVITE"); ok {
				phone.Ack(m)
				answered = true
			} else if m, ok := phone.AwaitWithin(0, "INVITE", 183); ok {
				phone.Learn(m)
			}
		}
	}
	for _, key := range c.Keys {
		if c.HangUp > 0 && key.After > c.HangUp {
			break
		}
		if !until(key.After) {
			return
		}
		phone.Audio.Press(key.Digit)
	}
	if c.HangUp == 0 {
		until(time.Hour)
		return
	}
	if !until(c.HangUp) {
		return
	}
	if answered {
		phone.Send(phone.Request("BYE", "", 99))
	} else {
		phone.Cancel()
	}
	until(time.Hour)
}

// heard makes pieces of what was received, by their levels.
func heard(packets []siptest.Packet) []controltest.Heard {
	names := map[byte]string{}
	for _, name := range []string{"short", "long", "speech"} {
		names[coded(level(name))] = name
	}
	var out []controltest.Heard
	for _, p := range packets {
		name := names[p.Data[1]]
		if name == "" {
			continue
		}
		if p.Data[0] == coded(begins) || len(out) == 0 {
			out = append(out, controltest.Heard{What: name})
		}
		out[len(out)-1].For += media.FrameTime
	}
	return out
}

// coded is a sample in PCMU.
func coded(sample int16) byte {
	b := make([]byte, 1)
	media.PCMU.Encode(b, []int16{sample})
	return b[0]
}
