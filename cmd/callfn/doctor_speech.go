package main

import (
	"context"

	"callfn/internal/doctor"
	"callfn/internal/speech"
)

// speech reports whether a speech engine is installed that can read text aloud to callers.
func (x *dataExam) speech(ctx context.Context) {
	command := speech.Default()
	if command == nil {
		x.add("speech", doctor.Change, "install espeak-ng, or name a program with --speech-command",
			"nothing is installed that reads text aloud: callers hear three tones instead")
		return
	}
	if err := speech.Try(ctx, command); err != nil {
		x.add("speech", doctor.Change, "mend espeak-ng, or name a program with --speech-command", "%v", err)
		return
	}
	x.add("speech", doctor.OK, "", "%s reads text aloud", command[0])
}
