package api

// deleteDatabase answers with an empty body.
func (h *handler) deleteDatabase(c *call) error {
	return h.engine.DeleteDatabase(c.r.Context(), c.in.Get("DatabaseName").Text())
}
