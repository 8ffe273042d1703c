package storageplan

import (
	"context"
	"log/slog"
	"sync"

	"callfn/internal/doctor"
)

// Keeper changes the stored plan.
type Keeper struct {
	cfg KeeperConfig

	ctx     context.Context // of work in the background
	stop    context.CancelFunc
	pending sync.WaitGroup
}

// KeeperConfig configures a Keeper.
type KeeperConfig struct {
	Resolver    *Resolver
	Mover       Mover
	Language    string             // evaluates functions on connections without a setting: provision.Auto …
	Examination doctor.Examination // Deadline, MaxTarget, Now and Direct of Examine
	Log         *slog.Logger
}

// NewKeeper returns a Keeper. Close ends its work in the background.
func NewKeeper(cfg KeeperConfig) *Keeper {
	k := &Keeper{cfg: cfg}
	k.ctx, k.stop = context.WithCancel(context.Background())
	return k
}

// Close ends the work in the background and waits for it.
func (k *Keeper) Close() {
	k.stop()
	k.pending.Wait()
}
