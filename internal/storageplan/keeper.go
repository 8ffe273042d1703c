package storageplan

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"callfn/internal/datastore"
	"callfn/internal/doctor"
	"callfn/internal/jsonvalue"
)

// Keeper changes the stored plan.
type Keeper struct {
	cfg KeeperConfig

	ctx     context.Context // of what goes on in the background
	stop    context.CancelFunc
	pending sync.WaitGroup
}

// KeeperConfig is what a Keeper needs.
type KeeperConfig struct {
	Resolver *Resolver
	Mover    Mover          // nil where documents cannot be moved: changes that would move some are refused
	Language string         // evaluates functions where a connection's settings say nothing: provision.Auto …
	Patient  doctor.Patient // Deadline, MaxTarget, Now and Direct of Examine
	Log      *slog.Logger
}

// NewKeeper makes a Keeper. Close ends what it does in the background.
func NewKeeper(cfg KeeperConfig) *Keeper {
	k := &Keeper{cfg: cfg}
	k.ctx, k.stop = context.WithCancel(context.Background())
	return k
}

// Close ends what goes on in the background and waits for it.
func (k *Keeper) Close() {
	k.stop()
	k.pending.Wait()
}

// Change is a change to the stored plan.
type Change struct {
	Before datastore.Document // as Resolver.Stored gave it
	Wanted map[string]any     // the visible part, valid by the schema "storage"
	Order  *jsonvalue.Order   // in which its members were written
	Stamp  datastore.Stamp
	// try connections that are new or changed before anything is stored; those that documents move to are always tried
	Probe  bool
	DryRun bool // look only: nothing is stored, created or moved
}

// Move is a database whose home the plan changes.
type Move struct {
	Database  string
	From, To  Tag
	Documents int // that have to come along
	// AtOnce: there are none, nor a former life of the database at the other place, so it just changes over.
	AtOnce bool
}

// Applied is what became of a change. With Problems nothing was stored.
type Applied struct {
	Problems   []Problem
	Warnings   []string
	Moves      []Move
	Document   datastore.Document // as it is stored now
	Migrations []Migration        // of databases with documents; they go on in the background
}

// Apply stores a plan and lets it take effect: here before it returns, in other processes a moment later. Databases
// without documents change over at once; for others a migration is started. ErrConflict when someone else stored a plan
// since Change.Before; OccupiedError, MovingError, StartError.
func (k *Keeper) Apply(ctx context.Context, c Change) (Applied, error) {
	r := k.cfg.Resolver
	if err := r.catchUp(ctx, c.Before); err != nil {
		return Applied{}, err
	}
	if err := r.migrated(); err != nil {
		return Applied{}, err
	}
	doc, out, err := k.draft(c)
	if err != nil || len(out.Problems) > 0 {
		return out, err
	}
	before, err := openDocument(c.Before, r.cfg.Secret)
	if err != nil {
		return out, err
	}
	after, err := openDocument(doc, r.cfg.Secret)
	if err != nil {
		return out, err
	}
	after.plan = after.plan.Over(Default(r.cfg.Functions != nil))
	var problems []Problem
	problems, out.Warnings = check(after.plan, r.cfg.Functions != nil)
	if out.Problems = append(out.Problems, problems...); len(out.Problems) > 0 {
		return out, nil
	}
	homes, migrations := r.recorded(), r.unfinished()
	changing, err := changes(after.plan, homes, migrations)
	if err != nil {
		return out, err
	}
	opened, closeAll, err := k.open(after.plan)
	defer closeAll()
	if err != nil {
		return out, err
	}
	if out.Moves, err = k.count(ctx, changing); err != nil {
		return out, err
	}
	out.Problems = k.leftBehind(ctx, opened, before.edited(after), homes, migrations, c.Probe)
	if len(out.Problems) == 0 {
		out.Problems = k.tryAll(ctx, after.plan, opened, toTry(c.Probe, before.edited(after), out.Moves), c.DryRun)
	}
	if len(out.Problems) > 0 {
		return out, nil
	}
	if err := atOnce(ctx, out.Moves, opened); err != nil {
		return out, err
	}
	for _, m := range out.Moves {
		if !m.AtOnce && k.cfg.Mover == nil {
			return out, &OccupiedError{Database: m.Database, From: m.From, To: m.To, Documents: m.Documents}
		}
		if !m.AtOnce {
			if err := k.cfg.Mover.Check(ctx, m.Database, m.From); err != nil {
				return out, err
			}
			out.Warnings = append(out.Warnings, noWayBack(ctx, opened[m.To], m)...)
		}
		if m.AtOnce {
			homes[m.Database] = m.To
		}
	}
	if c.DryRun {
		return out, nil
	}
	h, err := k.hold(ctx, out.Moves, opened)
	if err != nil {
		k.release(h)
		return out, err
	}
	record(doc, homes)
	retain(c.Before, doc, inUse(homes, migrations))
	c.Stamp.Type, c.Stamp.Database = DocumentType, datastore.SystemData
	c.Stamp.Mark(doc)
	if out.Document, err = r.document().Save(ctx, doc); err != nil {
		k.release(h)
		return out, err
	}
	r.Take(out.Document)
	if !c.Probe {
		k.Provision()
	}
	return out, k.start(ctx, &out, h)
}

// draft is the document as it would be stored, but for homes and what is retained.
func (k *Keeper) draft(c Change) (datastore.Document, Applied, error) {
	var out Applied
	doc, failed, err := Conceal(c.Before, c.Before.Replace(c.Wanted).Ordered(c.Order), k.cfg.Resolver.cfg.Secret)
	for _, tag := range failed {
		out.Problems = append(out.Problems, Problem{
			Field: settingOf(tag, "credentials", "password"), Kind: Refused,
			Says: ErrKept.Error(), Value: Placeholder,
		})
	}
	return doc, out, err
}

func movable() []string {
	return slices.DeleteFunc(datastore.Databases(), func(name string) bool {
		return name == datastore.Accounts ||
			name == datastore.SystemData
	})
}

// changes are the databases that a plan wants elsewhere than they are or are being moved to.
func changes(p Plan, homes map[string]Tag, migrations map[string]Migration) ([]Move, error) {
	var out []Move
	for _, database := range movable() {
		wanted, home := Resolve(p, database, ""), homes[database]
		if m, moving := migrations[database]; moving {
			if wanted != m.To {
				return nil, &MovingError{m}
			}
			continue
		}
		if wanted != home {
			out = append(out, Move{Database: database, From: home, To: wanted})
		}
	}
	return out, nil
}

// start looks after the databases that changed over at once, and starts the migrations that the stored plan wants.
func (k *Keeper) start(ctx context.Context, out *Applied, h held) error {
	for _, m := range out.Moves {
		if m.AtOnce {
			k.fetchStragglers(m, held{m.Database: h[m.Database]})
		}
	}
	for _, m := range out.Moves {
		if m.AtOnce {
			continue
		}
		started, err := k.cfg.Mover.Start(ctx, m.Database, m.From, m.To)
		if err != nil {
			return &StartError{Database: m.Database, Cause: err}
		}
		out.Migrations = append(out.Migrations, started)
	}
	return nil
}

func record(doc datastore.Document, homes map[string]Tag) {
	out := map[string]any{}
	for database, home := range homes {
		out[database] = string(home)
	}
	doc["pvt_homes"] = out
}

// inUse are the connections that databases are on or move between.
func inUse(homes map[string]Tag, migrations map[string]Migration) []Tag {
	used := slices.Collect(maps.Values(homes))
	for _, m := range migrations {
		used = append(used, m.From, m.To)
	}
	slices.Sort(used)
	return slices.Compact(used)
}

// retain keeps the connections in use that the plan no longer has, with their passwords. before is where they are
// found.
func retain(before, doc datastore.Document, used []Tag) {
	visible, _ := doc["connections"].(map[string]any)
	secrets, _ := doc["pvt_secrets"].(map[string]any)
	if secrets == nil {
		secrets = map[string]any{}
	}
	oldVisible, _ := before["connections"].(map[string]any)
	oldRetained, _ := before["pvt_retained"].(map[string]any)
	oldSecrets, _ := before["pvt_secrets"].(map[string]any)
	retained := map[string]any{}
	for _, tag := range used {
		name := string(tag)
		if _, there := visible[name]; there || tag == Local || tag == Flagged {
			continue
		}
		if c, ok := oldRetained[name]; ok {
			retained[name] = c
		}
		if c, ok := oldVisible[name]; ok {
			retained[name] = c
		}
		if sealed, ok := oldSecrets[name]; ok {
			secrets[name] = sealed
		}
	}
	maps.DeleteFunc(secrets, func(name string, _ any) bool { return visible[name] == nil && retained[name] == nil })
	doc["pvt_retained"], doc["pvt_secrets"] = retained, secrets
}
