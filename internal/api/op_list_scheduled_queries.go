package api

import "github.com/tidemarkdb/tidemark/internal/engine"

// Lengths of a page of scheduled queries: the most there can be, and what it is if the request does not say.
const (
	scheduledPageSizeMax     = 1000
	scheduledPageSizeDefault = 100
)

// listScheduledQueries answers with a page of scheduled queries.
func (h *handler) listScheduledQueries(c *call) error {
	limit := scheduledPageSizeDefault
	if n := c.in.Get("MaxResults"); n.Present() {
		limit = int(n.Int())
	}
	list, next, err := h.engine.ListScheduledQueries(c.r.Context(), c.in.Get("NextToken").Text(), limit)
	if err != nil {
		return err
	}
	w := &c.out
	w.Open('{')
	w.Key("ScheduledQueries")
	w.Open('[')
	for _, q := range list {
		w.Open('{')
		writeScheduledHead(w, q)
		writeErrorReports(w, &q.ErrorReports)
		if q.Target != nil {
			w.Key("TargetDestination")
			w.Open('{')
			w.Key("TimestreamDestination")
			w.Open('{')
			writeIfSet(w, "DatabaseName", q.Target.Database)
			writeIfSet(w, "TableName", q.Target.Table)
			w.Close('{')
			w.Close('{')
		}
		if last := q.State.Last; last != nil {
			w.Key("LastRunStatus")
			w.Text(engine.RunStatus(last))
		}
		w.Close('{')
	}
	w.Close('[')
	writeNextToken(w, next)
	w.Close('{')
	return nil
}
