package fair

import (
	"context"
	"fmt"
	"sync"
	"time"

	"callfn/internal/sandbox"
)

// Lane is an Evaluator in front of a pool that makes accounts take turns. It is safe for concurrent use.
type Lane struct {
	pool Evaluator
	cfg  Config

	mu      sync.Mutex
	running int
	waiting int
	behind  map[*tree]struct{} // trees with waiting jobs, few of all known trees
	trees   map[string]*tree
	known   int               // accounts in all trees
	refused map[string]uint64 // by reason
}

// tree holds the running and waiting jobs of one top-level account and its descendants.
type tree struct {
	running, waiting int
	used             usage
	standing         standing
	hold             hold
	accounts         map[string]*account
	behind           map[*account]struct{} // accounts with waiting jobs
}

// account holds the running and waiting jobs of one account.
type account struct {
	running int
	used    usage
	queue   []*waiter // longest waiting first
}

// waiter is one job in a queue.
type waiter struct {
	turn    chan struct{} // closed when the job may run
	granted bool
}

// NewLane returns a lane in front of a pool. The pool may be nil if only Admit is used.
func NewLane(pool Evaluator, cfg Config) *Lane {
	return &Lane{
		pool: pool, cfg: cfg.withDefaults(), trees: map[string]*tree{}, behind: map[*tree]struct{}{},
		refused: map[string]uint64{},
	}
}

// Do runs the job when its account's turn comes. It returns an error that wraps sandbox.ErrBusy and gives the reason:
// at once when a queue is full or the wait is hopeless, otherwise after MaxWait.
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
	go func() { // a job that broke its worker keeps its place until the worker is replaced
		<-a.Replaced
		leave()
	}()
	return a, err
}

// Admit waits for the account's turn on behalf of a pool elsewhere. root is the account's top-level ancestor, or "". It
// returns the same errors as Do. The caller calls leave once, when the next job may have the place.
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

// Full returns the error with which Admit would refuse the account at once, or nil if it would not. It reserves no
// place.
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

// full returns why another job of the account may not wait and counts the refusal, or returns nil if the job may wait.
func (l *Lane) full(t *tree, a *account) error {
	reason, own := "", false
	switch {
	case len(a.queue) >= l.cfg.AccountQueue:
		reason, own = "the account has too many functions waiting to run", true
	case t.waiting >= l.cfg.TreeQueue:
		reason, own = "the account and those it belongs to have too many functions waiting to run", true
	case l.waiting >= l.cfg.Queue:
		reason = "too many functions are waiting to run"
	case l.expected(t) > l.cfg.MaxWait/2: // the estimate is rough, so it may use only half of MaxWait
		reason = fmt.Sprintf("its turn would not come within %s", l.cfg.MaxWait)
	default:
		return nil
	}
	l.refused[Full]++
	return &RefusedError{Reason: reason, Own: own}
}

// wait blocks until the waiter's turn comes, MaxWait passes or ctx ends.
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
		return nil // the turn came in the meantime
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

// leave gives the worker back and admits the next job.
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

// next picks the account that may run next. It takes the tree with the least recent usage among those with waiting
// jobs, and within it the account with the least recent usage.
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

// mayRun reports whether the caps allow the account another worker. For a tree in good standing only configured caps
// count.
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

// queued updates the waiting counts after the account's queue changed by n, which is 1 or -1.
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

// expected estimates how long another job of the tree waits behind the tree's own waiting jobs, which take turns with
// those of other trees. It is zero for the first waiting job of a tree: that one waits only for runs of others.
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

// remembered is the number of accounts at which forget starts to drop idle ones.
const remembered = 4096

// forget drops accounts that have no jobs and whose usage has faded. If too many remain, it drops all accounts without
// jobs.
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

// The reasons for which a lane refuses a run.
const (
	Full   = "full"   // the queue, or the account's share of it, was full, or the wait was hopeless
	Waited = "waited" // the turn did not come in time
)

// Reasons lists the reasons for which a lane refuses a run.
func Reasons() []string { return []string{Full, Waited} }

// Stats counts the running and waiting jobs of a lane, and its refusals by reason.
type Stats struct {
	Running, Waiting int
	Refused          map[string]uint64
}

// Stats returns the lane's current counts.
func (l *Lane) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	refused := make(map[string]uint64, len(l.refused))
	for reason, n := range l.refused {
		refused[reason] = n
	}
	return Stats{Running: l.running, Waiting: l.waiting, Refused: refused}
}
