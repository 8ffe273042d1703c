package fair

import (
	"context"
	"fmt"
	"sync"
	"time"

	"callfn/internal/sandbox"
)

// Lane is an Evaluator before a pool that makes accounts take turns. Safe for concurrent use.
type Lane struct {
	pool Evaluator
	cfg  Config

	mu      sync.Mutex
	running int
	waiting int
	behind  map[*tree]struct{} // with somebody waiting: few of those that are known
	trees   map[string]*tree
	known   int               // accounts in all trees
	refused map[string]uint64 // by reason
}

// tree is what one top-level account and all below it have going.
type tree struct {
	running, waiting int
	used             usage
	standing         standing
	hold             hold
	accounts         map[string]*account
	behind           map[*account]struct{} // with somebody waiting
}

// account is what one account has going.
type account struct {
	running int
	used    usage
	queue   []*waiter // longest waiting first
}

// waiter is one job in a queue.
type waiter struct {
	turn    chan struct{} // closed when it may run
	granted bool
}

// NewLane makes a lane before a pool; the pool may be nil where only Admit is used.
func NewLane(pool Evaluator, cfg Config) *Lane {
	return &Lane{
		pool: pool, cfg: cfg.withDefaults(), trees: map[string]*tree{}, behind: map[*tree]struct{}{},
		refused: map[string]uint64{},
	}
}

// Do runs the job when it is its account's turn. sandbox.ErrBusy, wrapped with the reason, at once when a queue is
// full, and after MaxWait.
func (l *Lane) Do(ctx context.Context, j sandbox.Job) (sandbox.Answer, error) {
	leave, err := l.Admit(ctx, j.Root, j.Account)
	if err != nil {
		return sandbox.Answer{}, err
	}
	a, err := l.pool.Do(ctx, j)
	if a.Replaced == nil {
		leave()
		return a, err
	}
	go func() { // whoever broke a worker holds its place until there is a new one
		<-a.Replaced
		leave()
	}()
	return a, err
}

// Admit waits for the account's turn, for a pool that is elsewhere. root is its top-level ancestor, or "". Errors are
// Do's. Call leave once, when the place may be given to the next.
func (l *Lane) Admit(ctx context.Context, root, account string) (leave func(), err error) {
	if root == "" {
		root = account
	}
	if err := l.enter(ctx, root, account); err != nil {
		return nil, err
	}
	start := l.cfg.Now()
	return func() { l.leave(root, account, start) }, nil
}

// enter returns once the account holds a worker.
func (l *Lane) enter(ctx context.Context, root, id string) error {
	l.mu.Lock()
	t, a := l.find(root, id)
	if l.running < l.cfg.Workers && len(a.queue) == 0 && l.mayRun(t, a, l.cfg.Now()) {
		l.start(t, a)
		l.mu.Unlock()
		return nil
	}
	if err := l.full(t, a); err != nil {
		l.mu.Unlock()
		return err
	}
	w := &waiter{turn: make(chan struct{})}
	a.queue = append(a.queue, w)
	l.queued(t, a, 1)
	l.mu.Unlock()
	return l.wait(ctx, w, root, id)
}

// Full is the error with which Admit would refuse the account at once; nil where it would not. It takes no place.
func (l *Lane) Full(root, id string) error {
	if root == "" {
		root = id
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.trees[root]
	if t == nil {
		t = &tree{}
	}
	a := t.accounts[id]
	if a == nil {
		a = &account{}
	}
	if l.running < l.cfg.Workers && len(a.queue) == 0 && l.mayRun(t, a, l.cfg.Now()) {
		return nil
	}
	return l.full(t, a)
}

// full tells why one more of an account's jobs may not wait, and counts it as refused; nil where it may.
func (l *Lane) full(t *tree, a *account) error {
	reason, own := "", false
	switch {
	case len(a.queue) >= l.cfg.AccountQueue:
		reason, own = "the account has too many functions waiting to run", true
	case t.waiting >= l.cfg.TreeQueue:
		reason, own = "the account and those it belongs to have too many functions waiting to run", true
	case l.waiting >= l.cfg.Queue:
		reason = "too many functions are waiting to run"
	case l.expected(t) > l.cfg.MaxWait/2: // an estimate: half the patience is left for what it does not know
		reason = fmt.Sprintf("its turn would not come within %s", l.cfg.MaxWait)
	default:
		return nil
	}
	l.refused[Full]++
	return &RefusedError{Reason: reason, Own: own}
}

// wait for a turn.
func (l *Lane) wait(ctx context.Context, w *waiter, root, id string) error {
	timer := time.NewTimer(l.cfg.MaxWait)
	defer timer.Stop()
	var err error
	select {
	case <-w.turn:
		return nil
	case <-timer.C:
		err = &RefusedError{Reason: fmt.Sprintf("no turn within %s", l.cfg.MaxWait)}
	case <-ctx.Done():
		err = ctx.Err()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.granted {
		return nil // its turn came meanwhile
	}
	l.refused[Waited]++
	t, a := l.find(root, id)
	for i, other := range a.queue {
		if other == w {
			a.queue = append(a.queue[:i], a.queue[i+1:]...)
			l.queued(t, a, -1)
			break
		}
	}
	return err
}

// leave gives the worker back and lets the next one in.
func (l *Lane) leave(root, id string, since time.Time) {
	now := l.cfg.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	t, a := l.find(root, id)
	l.running--
	t.running--
	a.running--
	t.used.add(now, now.Sub(since))
	t.standing.ran(now, now.Sub(since))
	t.hold.ran(now.Sub(since))
	a.used.add(now, now.Sub(since))
	for l.running < l.cfg.Workers && l.waiting > 0 {
		t, a := l.next(now)
		if a == nil {
			break
		}
		w := a.queue[0]
		a.queue = a.queue[1:]
		l.queued(t, a, -1)
		l.start(t, a)
		w.granted = true
		close(w.turn)
	}
	l.forget(now)
}

// next picks who may run: of the trees with somebody waiting the one that used the least lately, in it the account
// likewise.
func (l *Lane) next(now time.Time) (*tree, *account) {
	var best *tree
	var pick *account
	least := 0.0
	for t := range l.behind {
		u := t.used.now(now) + float64(t.running)
		if best != nil && u >= least {
			continue
		}
		if a := l.nextOf(t, now); a != nil {
			best, pick, least = t, a, u
		}
	}
	return best, pick
}

func (l *Lane) nextOf(t *tree, now time.Time) *account {
	var pick *account
	least := 0.0
	for a := range t.behind {
		if !l.mayRun(t, a, now) {
			continue
		}
		if u := a.used.now(now) + float64(a.running); pick == nil || u < least {
			pick, least = a, u
		}
	}
	return pick
}

// mayRun reports whether the caps leave the account a worker. A tree in good standing has no caps but those that were
// given.
func (l *Lane) mayRun(t *tree, a *account, now time.Time) bool {
	good := t.standing.good(now)
	return (t.running < l.cfg.TreeWorkers || l.cfg.treeYields && good) && (a.running < l.cfg.AccountWorkers ||
		l.cfg.accountYields && good)
}

func (l *Lane) start(t *tree, a *account) {
	l.running++
	t.running++
	a.running++
}

// queued counts who waits, after one more of the account's does, or one less.
func (l *Lane) queued(t *tree, a *account, n int) {
	t.waiting += n
	l.waiting += n
	if len(a.queue) > 0 {
		t.behind[a] = struct{}{}
	} else {
		delete(t.behind, a)
	}
	if t.waiting > 0 {
		l.behind[t] = struct{}{}
	} else {
		delete(l.behind, t)
	}
}

// expected is how long one more of a tree's would wait for those that wait already: for its own, by turns with the
// other trees'. Who is the first of its tree may wait in any case, since what it waits for then are runs of others.
func (l *Lane) expected(t *tree) time.Duration {
	others := len(l.behind)
	if t.waiting > 0 {
		others--
	}
	ahead := time.Duration(t.waiting) * t.hold.mean
	return ahead * time.Duration(1+others) / time.Duration(l.cfg.Workers)
}

func (l *Lane) find(root, id string) (*tree, *account) {
	t := l.trees[root]
	if t == nil {
		t = &tree{accounts: map[string]*account{}, behind: map[*account]struct{}{}}
		l.trees[root] = t
	}
	a := t.accounts[id]
	if a == nil {
		a = &account{}
		t.accounts[id] = a
		l.known++
	}
	return t, a
}

// remembered is how many accounts' past usage is kept before the idle ones are looked through.
const remembered = 4096

// forget drops accounts that have nothing going and whose usage has faded; when there are still too many, all that have
// nothing going.
func (l *Lane) forget(now time.Time) {
	if l.known < remembered && len(l.trees) < remembered {
		return
	}
	for _, all := range []bool{false, true} {
		for root, t := range l.trees {
			for id, a := range t.accounts {
				if a.running == 0 && len(a.queue) == 0 && (all || a.used.forgotten(now)) {
					delete(t.accounts, id)
					l.known--
				}
			}
			if len(t.accounts) == 0 && (all || t.used.forgotten(now)) {
				delete(l.trees, root)
			}
		}
		if l.known < remembered/2 && len(l.trees) < remembered/2 {
			return
		}
	}
}

// Why a lane refuses a run.
const (
	Full   = "full"   // the queue was, or the account's share of it
	Waited = "waited" // its turn did not come in time
)

// Reasons lists why a lane refuses.
func Reasons() []string { return []string{Full, Waited} }

// Stats counts what a lane has going, and what it refused, by reason.
type Stats struct {
	Running, Waiting int
	Refused          map[string]uint64
}

// Stats are the lane's now.
func (l *Lane) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	refused := make(map[string]uint64, len(l.refused))
	for reason, n := range l.refused {
		refused[reason] = n
	}
	return Stats{Running: l.running, Waiting: l.waiting, Refused: refused}
}
