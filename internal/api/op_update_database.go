package api

// updateDatabase changes a database's key and answers with the database.
func (h *handler) updateDatabase(c *call) error {
	d, err := h.engine.UpdateDatabase(c.r.Context(), c.in.Get("DatabaseName").Text(), c.in.Get("KmsKeyId").Text())
	return c.answerDatabase(d, err)
}
