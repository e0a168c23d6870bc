package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/tidemarkdb/tidemark/internal/storage"
)

// maintainLoop runs Maintain until its context ends.
func (e *Engine) maintainLoop(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.clock.After(e.opts.MaintainEvery):
		}
		if err := e.Maintain(ctx); err != nil && ctx.Err() == nil {
			e.logger.Error("maintenance failed", "error", err)
		}
	}
}

// Maintain does once what the engine otherwise does from time to time: ending forgotten queries, removing rows beyond their
// retention and the data of deleted tables, and letting the catalog tidy up. It goes on after errors and returns all of them.
func (e *Engine) Maintain(ctx context.Context) error {
	e.queries.sessions.expire(e.clock.Now())
	err := e.dropOrphans(ctx)
	if kerr := e.keepTime(clockGrain); kerr != nil {
		err = errors.Join(err, fmt.Errorf("keep the time: %w", kerr))
	}
	err = errors.Join(err, e.forgetBatches())
	for _, id := range e.store.Tables() {
		if t := e.catalog.TableByID(uint64(id)); t != nil {
			if xerr := e.store.Expire(ctx, id, expiredBefore(t, e.catalog.Clock())); xerr != nil {
				err = errors.Join(err, fmt.Errorf("expire rows of table %d: %w", id, xerr))
			}
		}
		if ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
	}
	if cerr := e.catalog.Maintain(); cerr != nil {
		err = errors.Join(err, fmt.Errorf("maintain catalog: %w", cerr))
	}
	return err
}

// dropOrphans removes the data of tables that the catalog does not know: a crash or an error came between the deletion of a
// table and that of its data. A table is in the catalog before it has data, and its number is never used again.
func (e *Engine) dropOrphans(ctx context.Context) error {
	var err error
	for _, id := range e.store.Tables() {
		if e.catalog.TableByID(uint64(id)) == nil {
			e.logger.Info("data of a deleted table removed", "table_id", uint64(id))
			err = errors.Join(err, e.dropData(ctx, id))
		}
	}
	return err
}

// dropData removes the rows of a table that is not in the catalog (any more).
func (e *Engine) dropData(ctx context.Context, id storage.TableID) error {
	e.tables.Delete(id)
	if err := e.store.DropTable(ctx, id); err != nil {
		return fmt.Errorf("drop data of table %d: %w", id, err)
	}
	return nil
}

// Flush writes all recent rows to segments, which otherwise happens when they fill their memory.
func (e *Engine) Flush(ctx context.Context) error { return e.store.Flush(ctx) }

// Compact merges segments, which otherwise happens in the background.
func (e *Engine) Compact(ctx context.Context) error { return e.store.Compact(ctx) }

// StoreStats returns the sizes of the store.
func (e *Engine) StoreStats() storage.Stats { return e.store.Stats() }

// StoreMetrics returns the counters of the store.
func (e *Engine) StoreMetrics() *storage.Metrics { return e.store.Metrics() }
