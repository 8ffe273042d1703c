package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callfn/internal/media"
	"callfn/internal/sip/siptest"
)

// soundLength is the length of each sound of soundCommand, in samples.
const soundLength = media.SampleRate / 2

// soundCommand is a speech command with its own sound for each text that contains a word, and one for all others.
// sounds returns those of words, in order, as a phone receives them.
func soundCommand(t *testing.T, words ...string) (command string, sounds func(words ...string) []byte) {
	t.Helper()
	dir := t.TempDir()
	words = append(words, "") // every text contains it
	script := "#!/bin/sh\ncase \"$(cat)\" in\n"
	of := map[string][]byte{}
	for i, word := range words {
		samples := spoken()[i*soundLength:][:soundLength]
		wav := filepath.Join(dir, "sound"+word+".wav")
		if err := os.WriteFile(wav, media.AppendPCM(media.WAVHeader(soundLength), samples), 0o600); err != nil {
			t.Fatal(err)
		}
		script += fmt.Sprintf("*%s*) cat %s;;\n", word, wav)
		of[word] = coded(samples)
	}
	command = filepath.Join(dir, "speak")
	if err := os.WriteFile(command, []byte(script+"esac\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return command, func(words ...string) (all []byte) {
		for _, word := range words {
			all = append(all, of[word]...)
		}
		return all
	}
}

// A caller in a menu presses a wrong key, then none in time, then the right one. He hears that the entry was invalid,
// the menu again each time, and what the right key leads to.
func TestACallerInAMenu(t *testing.T) {
	command, sounds := soundCommand(t, "selection", "invalid", "Sales")
	a := answerCalls(t, "--speech-command="+command)
	code, body := send(t, "PUT", a.url+"/v2/accounts/"+a.session.account+"/menus", a.session.token,
		`{"data":{"name":"main","timeout":2000,"max_extension_length":1,"retries":3}}`)
	var menu struct{ Data struct{ ID string } }
	if err := json.Unmarshal([]byte(body), &menu); code != 201 || err != nil {
		t.Fatalf("got %d %s, %v; want a menu", code, body, err)
	}
	a.flow(t, `{"module":"menu","data":{"id":"`+menu.Data.ID+`"},"children":{"1":{"module":"tts","data":{
		"text":"Sales."}},"_":{"module":"hangup","data":{}}}}`)

	phone := siptest.New(t, a.at)
	if m := phone.Dial(); m.Code() != 200 {
		t.Fatalf("got %s, want 200", m.Start)
	}
	heard := func(words ...string) {
		t.Helper()
		want := sounds(words...)
		awaitFrames(t, phone, len(want)/media.FrameSamples)
		if got := phone.Audio.Bytes(); !bytes.Equal(got, want) {
			t.Fatalf("heard %d bytes, want %s and nothing else, %d bytes", len(got), strings.Join(words, ", "), len(want))
		}
	}
	heard("selection")
	phone.Audio.Press("9")
	heard("selection", "invalid", "selection")
	waited := time.Now()
	heard("selection", "invalid", "selection", "selection")
	if d := time.Since(waited); d < 2*time.Second {
		t.Errorf("the menu was played again after %v, want its time-out of 2 s before", d)
	}
	phone.Audio.Press("1")
	heard("selection", "invalid", "selection", "selection", "Sales")
	if _, ok := phone.AwaitRequest("BYE", 15*time.Second); !ok {
		t.Error("got no BYE, want one at the flow's end")
	}
}
