package catalog

import "fmt"

// applyScheduled carries out a change that is about scheduled queries; false if it is not.
func (s *state) applyScheduled(c *change) (known bool, err error) {
	switch x := &s.scheduled; {
	case c.PutScheduledQuery != nil:
		s.putScheduledQuery(c.PutScheduledQuery)
	case c.PutScheduledState != nil:
		q, ok := x.queries[c.PutScheduledState.ID]
		if !ok {
			return true, fmt.Errorf("state of scheduled query %q, which is missing", c.PutScheduledState.ID)
		}
		q.State = c.PutScheduledState
		x.queries[q.ID] = q
	case c.DropScheduledQuery != "":
		q, ok := x.queries[c.DropScheduledQuery]
		if !ok {
			return true, fmt.Errorf("drop of scheduled query %q, which is missing", c.DropScheduledQuery)
		}
		delete(x.queries, q.ID)
		if x.tokens[q.Token] == q.ID {
			delete(x.tokens, q.Token)
		}
		x.ids = s.without(x.ids, q.ID)
	case c.PutNotice != nil:
		x.notices[c.PutNotice.ID] = c.PutNotice
		x.nextNotice = max(x.nextNotice, c.PutNotice.ID+1)
	case c.DropNotice != 0:
		delete(x.notices, c.DropNotice)
	default:
		return false, nil
	}
	return true, nil
}

// putScheduledQuery adds a scheduled query, in the state before any run, or gives it a new definition.
func (s *state) putScheduledQuery(q *ScheduledQuery) {
	x := &s.scheduled
	old, known := x.queries[q.ID]
	if !known {
		x.ids = s.with(x.ids, q.ID)
		old.State = &ScheduledState{ID: q.ID, Next: q.First}
		if q.Token != "" {
			x.tokens[q.Token] = q.ID
		}
	}
	x.queries[q.ID] = Scheduled{q, old.State}
}

// scheduledChanges calls emit with changes that lead from nothing to the scheduled queries of this state.
func (s *state) scheduledChanges(emit func(*change) error) error {
	x := &s.scheduled
	for _, n := range x.sortedNotices() {
		if err := emit(&change{PutNotice: n}); err != nil {
			return err
		}
	}
	for _, id := range x.ids {
		q := x.queries[id]
		if err := emit(&change{PutScheduledQuery: q.ScheduledQuery}); err != nil {
			return err
		}
		if err := emit(&change{PutScheduledState: q.State}); err != nil {
			return err
		}
	}
	return nil
}
