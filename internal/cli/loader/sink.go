package loader

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"
)

// Sink takes the records of a feed. It belongs to the feed's goroutine.
type Sink struct {
	load  *Load
	pacer pacer
	next  batch
}

// Begin starts a phase. Records added from now on count for it.
func (s *Sink) Begin(ctx context.Context, phase *Phase) error {
	if err := s.Flush(ctx); err != nil {
		return err
	}
	s.load.phase.Store(phase)
	s.next.phase = phase
	return nil
}

// Add takes a record. It blocks while the workers are busy or the rate is reached. The weight counts for the phase.
func (s *Sink) Add(ctx context.Context, r types.Record, weight int64) error {
	s.next.records = append(s.next.records, r)
	s.next.weight += weight
	if len(s.next.records) < BatchRecords {
		return nil
	}
	return s.Flush(ctx)
}

// Flush sends the records that wait for their batch to be full. A feed that pauses calls it before.
func (s *Sink) Flush(ctx context.Context) error {
	if len(s.next.records) == 0 {
		return ctx.Err()
	}
	if err := s.pacer.wait(ctx, len(s.next.records)); err != nil {
		return err
	}
	select {
	case s.load.batches <- s.next:
	case <-ctx.Done():
		return ctx.Err()
	}
	s.next = batch{records: make([]types.Record, 0, BatchRecords), phase: s.next.phase}
	return nil
}

// Reject counts a piece of the source, such as a line of a file, that makes no record.
func (s *Sink) Reject(reason, where string) {
	s.load.rejected.Add(1)
	s.load.rejects.add(reason, func() string { return where })
}
