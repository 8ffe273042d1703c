package storageplan

import (
	"context"

	"callfn/internal/datastore"
	"callfn/internal/jsonvalue"
)

// Change is a change to the stored plan.
type Change struct {
	Before datastore.Document // as returned by Resolver.Stored
	Wanted map[string]any     // the visible part, valid by the schema "storage"
	Order  *jsonvalue.Order   // in which its members were written
	Stamp  datastore.Stamp
	// Probe makes Apply try new and changed connections before it stores anything. It always tries those that documents
	// move to.
	Probe  bool
	DryRun bool // check only: nothing is stored, created or moved
}

// Applied is the result of a change. If it has Problems, nothing was stored.
type Applied struct {
	Problems   []Problem
	Warnings   []string
	Moves      []Move
	Document   datastore.Document // as stored now
	Migrations []Migration        // one for each of Moves; they continue in the background
}

// Apply stores a plan and puts it into force: in this process before it returns, in others a moment later. The Mover
// moves a database that the plan wants elsewhere, empty or not; until the switch it stays where it is. Apply returns
// ErrConflict if another plan was stored since Change.Before, and MigratedError, MovingError, FenceError or StartError.
func (k *Keeper) Apply(ctx context.Context, c Change) (Applied, error) {
	d, err := k.read(ctx, c)
	if err != nil || len(d.Problems) > 0 {
		return d.Applied, err
	}
	if err := k.decide(ctx, d); err != nil || len(d.Problems) > 0 {
		return d.Applied, err
	}
	if err := k.probe(ctx, d); err != nil || len(d.Problems) > 0 || c.DryRun {
		return d.Applied, err
	}
	if err := k.store(ctx, d); err != nil {
		return d.Applied, err
	}
	return d.Applied, k.start(ctx, d)
}

// draft is a change in progress in Apply.
type draft struct {
	Applied
	change        Change
	document      datastore.Document // to be stored
	before, after stored
	homes         map[string]Tag       // where databases are, apart from moves
	migrations    map[string]Migration // unfinished ones, by database
}

// read reads what is stored now and decodes the change.
func (k *Keeper) read(ctx context.Context, c Change) (*draft, error) {
	r := k.cfg.Resolver
	d := &draft{change: c}
	if err := r.catchUp(ctx, c.Before); err != nil {
		return d, err
	}
	if err := r.migrated(); err != nil {
		return d, err
	}
	doc, failed, err := Conceal(c.Before, c.Before.Replace(c.Wanted).Ordered(c.Order), r.cfg.Secret)
	if err != nil {
		return d, err
	}
	for _, tag := range failed {
		d.Problems = append(d.Problems, Problem{
			Field: settingOf(tag, "credentials", "password"), Kind: Refused,
			Message: ErrKept.Error(), Value: Placeholder,
		})
	}
	if len(d.Problems) > 0 {
		return d, nil
	}
	d.document, d.before = doc, r.decoded()
	d.after, err = openDocument(doc, r.cfg.Secret)
	d.after.plan = d.after.plan.Over(Default(r.cfg.Functions != nil))
	d.homes, d.migrations = r.recorded(), r.unfinished()
	return d, err
}

// decide checks the plan itself and finds the databases that it moves.
func (k *Keeper) decide(ctx context.Context, d *draft) error {
	if d.Problems, d.Warnings = check(d.after.plan, k.cfg.Resolver.cfg.Functions != nil); len(d.Problems) > 0 {
		return nil
	}
	var err error
	if d.Moves, err = moves(d.after.plan, d.homes, d.migrations); err != nil {
		return err
	}
	return k.count(ctx, d.Moves)
}

// probe tries the connections that are new, changed or moved to, and checks the right to move.
func (k *Keeper) probe(ctx context.Context, d *draft) error {
	opened, closeAll, err := k.open(d.after.plan)
	defer closeAll()
	if err != nil {
		return err
	}
	edited := d.before.edited(d.after)
	if d.Problems = k.leftBehind(ctx, opened, edited, d.homes, d.migrations, d.change.Probe); len(d.Problems) == 0 {
		d.Problems = k.tryAll(ctx, d.after.plan, opened, connectionsToTry(d.change.Probe, edited, d.Moves), d.change.DryRun)
	}
	if len(d.Problems) > 0 {
		return nil
	}
	for _, m := range d.Moves {
		if err := k.cfg.Mover.Check(ctx, m.Database, m.From); err != nil {
			return err
		}
		d.Warnings = append(d.Warnings, rollbackWarnings(ctx, opened[m.To], m)...)
	}
	return nil
}

// store stores the document and puts it into force in this process.
func (k *Keeper) store(ctx context.Context, d *draft) error {
	r := k.cfg.Resolver
	record(d.document, d.homes)
	retain(d.change.Before, d.document, inUse(d.homes, d.migrations))
	stamp := d.change.Stamp
	stamp.Type, stamp.Database = DocumentType, datastore.SystemData
	stamp.Mark(d.document)
	saved, err := r.planDatabase().Save(ctx, d.document)
	if err != nil {
		return err
	}
	d.Document = saved
	r.Take(saved)
	if !d.change.Probe { // connections that were not tried are set up in the background
		k.Provision()
	}
	return nil
}

// start starts the moves.
func (k *Keeper) start(ctx context.Context, d *draft) error {
	for _, m := range d.Moves {
		started, err := k.cfg.Mover.Start(ctx, m.Database, m.From, m.To)
		if err != nil {
			return &StartError{Database: m.Database, Cause: err}
		}
		d.Migrations = append(d.Migrations, started)
	}
	return nil
}
