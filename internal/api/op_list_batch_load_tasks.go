package api

import "github.com/tidemarkdb/tidemark/internal/engine"

// batchPageSize is how many tasks a page has if the request does not say.
const batchPageSize = 100

// listBatchLoadTasks lists tasks, the newest first.
func (h *handler) listBatchLoadTasks(c *call) error {
	limit := batchPageSize
	if n := c.in.Get("MaxResults"); n.Present() {
		limit = int(n.Int())
	}
	list, next, err := h.engine.ListBatchLoadTasks(c.r.Context(), engine.BatchStatus(c.in.Get("TaskStatus").Text()), c.in.Get("NextToken").Text(), limit)
	if err != nil {
		return err
	}
	w := &c.out
	w.Open('{')
	writeNextToken(w, next)
	w.Key("BatchLoadTasks")
	w.Open('[')
	for _, t := range list {
		w.Open('{')
		w.Key("TaskId")
		w.Text(t.ID)
		w.Key("DatabaseName")
		w.Text(t.Database)
		w.Key("TableName")
		w.Text(t.Table)
		writeBatchState(w, t)
		w.Close('{')
	}
	w.Close('[')
	w.Close('{')
	return nil
}
