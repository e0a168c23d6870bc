package api

// deleteTable answers with an empty body.
func (h *handler) deleteTable(c *call) error {
	return h.engine.DeleteTable(c.r.Context(), c.in.Get("DatabaseName").Text(), c.in.Get("TableName").Text())
}
