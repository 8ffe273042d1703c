package crossbar

import (
	"errors"
	"net/http"
	"os"
	"slices"

	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/internal/recording"
)

// Recordings stores what callers said. recording.Store implements it.
type Recordings interface {
	List(id account.ID) ([]recording.Info, error)
	Get(id account.ID, recording string) (recording.Info, error)
	Audio(id account.ID, recording string) (*os.File, error)
	Delete(id account.ID, recording string) error
	DeleteAccount(id account.ID) error
}

// recordings is KAZOO's recordings (cb_recordings.erl), for admins of the account: the recordings in the data directory
// of this process.
type recordings struct{ store Recordings } // nil where no calls come in

func (r recordings) routes() []Route {
	all, one := underAccount+"/recordings", underAccount+"/recordings/:id"
	return []Route{
		{http.MethodGet, all, "recordings", Subtree, false, r.list},
		{http.MethodGet, one, "recordings", Subtree, false, r.show},
		{http.MethodGet, one + "/raw", "recordings", Subtree, false, r.audio},
		{http.MethodDelete, one, "recordings", Subtree, false, r.delete},
	}
}

// list lists all recordings, the latest first, or those of one call (?call_id=…).
func (r recordings) list(x *exchange) (*answer, error) {
	shown := []any{}
	if r.store != nil {
		all, err := r.store.List(x.account.ID())
		if err != nil {
			return nil, unreadableRecordings(err)
		}
		slices.SortStableFunc(all, func(a, b recording.Info) int { return b.Start.Compare(a.Start) })
		call, narrowed := x.option("call_id")
		for _, info := range all {
			if !narrowed || info.CallID == call {
				shown = append(shown, recordingShown(info))
			}
		}
	}
	return &answer{data: shown, page: &page{size: len(shown)}}, nil
}

func (r recordings) show(x *exchange) (*answer, error) {
	info, err := r.get(x)
	if err != nil {
		return nil, err
	}
	return &answer{data: recordingShown(info)}, nil
}

// audio answers with the WAV file itself.
func (r recordings) audio(x *exchange) (*answer, error) {
	if r.store == nil {
		return nil, badIdentifier(x.id())
	}
	file, err := r.store.Audio(x.account.ID(), x.id())
	if err != nil {
		return nil, recordingFailure(err, x.id())
	}
	return &answer{audio: file}, nil
}

// delete deletes the recording for good.
func (r recordings) delete(x *exchange) (*answer, error) {
	info, err := r.get(x)
	if err != nil {
		return nil, err
	}
	if err := r.store.Delete(x.account.ID(), x.id()); err != nil {
		return nil, recordingFailure(err, x.id())
	}
	out := &answer{data: recordingShown(info)}
	markDeleted(out)
	return out, nil
}

func (r recordings) get(x *exchange) (recording.Info, error) {
	if r.store == nil {
		return recording.Info{}, badIdentifier(x.id())
	}
	info, err := r.store.Get(x.account.ID(), x.id())
	if err != nil {
		return info, recordingFailure(err, x.id())
	}
	return info, nil
}

// recordingShown returns a recording under KAZOO's names.
func recordingShown(info recording.Info) map[string]any {
	out := map[string]any{
		"id": info.ID, "call_id": info.CallID, "content_type": "audio/wav", "media_type": "wav", "media_source": "recorded",
		"start": datastore.Gregorian(info.Start), "duration": int64(info.Duration.Seconds()),
		"duration_ms": info.Duration.Milliseconds(), "size": info.Bytes,
	}
	setText(out, "name", info.Name)
	setText(out, "from", info.From)
	setText(out, "to", info.To)
	return out
}

func recordingFailure(err error, id string) error {
	if errors.Is(err, recording.ErrNotFound) {
		return badIdentifier(id)
	}
	return unreadableRecordings(err)
}

// unreadableRecordings is the failure of a disk that cannot be read.
func unreadableRecordings(err error) error {
	f := fail(http.StatusServiceUnavailable, "datastore_fault", says("the recordings cannot be read"))
	f.cause = err
	return f
}

// wipeRecordings deletes the recordings of a deleted account.
func (a *API) wipeRecordings(id account.ID) error {
	if a.cfg.Recordings == nil {
		return nil
	}
	return a.cfg.Recordings.DeleteAccount(id)
}
