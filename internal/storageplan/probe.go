package storageplan

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"callfn/couchapp"
	"callfn/internal/datastore"
	"callfn/internal/provision"
)

// language returns the language of functions on a connection: its own setting, else otherwise.
func (s Settings) language(otherwise string) string {
	if s.FunctionsLanguage != "" {
		return s.FunctionsLanguage
	}
	return otherwise
}

// probe is the trial of one connection before a plan with it is stored.
type probe struct {
	tag       Tag
	settings  Settings
	site      provision.Site // with the databases that the plan wants there
	field     []string       // the plan's field that wants databases there
	otherwise string         // language if the settings name none
	look      bool           // changes nothing on the server
}

// try checks everything that could keep the service from working on the server, as `callfn doctor` does. On the way it
// provisions the server: databases, security, design documents.
func (p probe) try(ctx context.Context) *Problem {
	c := p.site.Stores.Connection
	if _, err := c.Ping(ctx); err != nil && !errors.Is(err, datastore.ErrUnauthorized) {
		return &Problem{Field: p.setting("ip"), Kind: Unreachable, Value: c.Address(), Message: "no CouchDB answers at " +
			c.Address() + ": " + reason(err)}
	}
	rights, err := p.site.Who(ctx)
	if err != nil {
		return p.refused(err)
	}
	if len(p.site.Databases) == 0 {
		return nil
	}
	missing, err := p.site.Missing(ctx)
	if err != nil {
		return p.refused(err)
	}
	if len(missing) > 0 && p.look {
		if !rights.ServerAdmin {
			return &Problem{
				Field: p.setting("credentials"), Kind: Refused,
				Message: "databases are missing there, and the user may not create them: run `callfn couchdb setup` for it once",
			}
		}
		return nil
	}
	if p.look {
		if _, err := p.site.Database(datastore.Functions).Get(ctx, provision.ProbeID); err != nil || !p.site.HasFunctions() {
			return nil // the server was never set up; only a set-up shows whether functions run there
		}
		return p.runs(p.site.Run(ctx))
	}
	done, err := p.site.Prepare(ctx, p.settings.language(p.otherwise))
	if err == nil && done.Rights.ServerAdmin && done.Rights.User != "" {
		err = p.site.Secure(ctx, done.Rights.User)
	}
	if err != nil {
		return p.refused(err)
	}
	return p.runs(done.Runs)
}

// setting returns a field of the connection. A connection from flags has none; then it is the plan's field that wants
// databases there.
func (p probe) setting(names ...string) []string {
	if p.tag == Local || p.tag == Flagged {
		return p.field
	}
	return settingOf(p.tag, names...)
}

func (p probe) refused(err error) *Problem {
	out := &Problem{Field: p.setting("credentials"), Kind: Refused, Message: reason(err)}
	if errors.Is(err, datastore.ErrUnreachable) {
		out.Field, out.Kind = p.setting("ip"), Unreachable
	}
	if user, _ := p.settings.User(); user != "" {
		out.Value = user
	}
	return out
}

func (p probe) runs(err error) *Problem {
	if err == nil {
		return nil
	}
	out := &Problem{Field: p.field, Kind: NoFunctions, Value: string(p.tag), Message: reason(err)}
	if p.settings.FunctionsLanguage != "" {
		out.Field, out.Value = p.setting("functions_language"), p.settings.FunctionsLanguage
		out.Target = []string{provision.Auto, couchapp.Callfn, couchapp.JavaScript}
	}
	return out
}

// reason returns an error's text without hints for this process's operator, and shortened, since another server may
// have written it.
func reason(err error) string {
	const most = 400
	text := err.Error()
	var e *datastore.Error
	if errors.As(err, &e) && e.Cause != nil {
		text = e.Kind.Error() + ": " + e.Cause.Error()
	}
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

func site(on datastore.Single, databases []string, direct bool, log *slog.Logger) provision.Site {
	return provision.Site{Stores: on, Databases: databases, Direct: direct, Log: log}
}
