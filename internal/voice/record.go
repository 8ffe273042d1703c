package voice

import (
	"context"
	"errors"
	"strings"
	"time"

	"callfn/callflow"
	"callfn/internal/media"
)

// endOfSpeech is how long a caller who has spoken may say nothing before a recording ends (KAZOO's Silence-Hits).
const endOfSpeech = 10 * time.Second

// ErrNotRecorded says that a recording could not be kept. The call goes on.
var ErrNotRecorded = errors.New("not recorded")

// Record implements callflow.Control: it records the caller to the limit, a terminator, ten seconds of silence after he
// spoke, or the end of the call. When it returns a length, the recording is on disk. A recording whose context ends is
// dropped.
func (v *Voice) Record(ctx context.Context, r callflow.Recording) (time.Duration, error) {
	if err := v.Session.Over(ctx); err != nil {
		return 0, over(err)
	}
	if v.Recordings == nil {
		return 0, callflow.ErrUnsupported
	}
	rec, err := v.Recordings.Create(v.Call, r.Name)
	if err != nil {
		return 0, errors.Join(ErrNotRecorded, err)
	}
	length, err := v.Session.Record(ctx, media.Recording{
		Limit: r.Limit, Terminators: strings.Join(r.Terminators, ""), Silence: endOfSpeech,
	}, rec)
	hungUp, full := errors.Is(err, media.ErrClosed), errors.Is(err, media.ErrRecorder)
	switch {
	case length == 0 || err != nil && !hungUp && !full:
		return 0, errors.Join(over(err), rec.Drop())
	case full:
		// What there was room for is kept; that there is no more is told.
		return 0, errors.Join(ErrNotRecorded, err, rec.Keep())
	}
	if err := rec.Keep(); err != nil {
		return 0, errors.Join(ErrNotRecorded, err)
	}
	return length, nil
}
