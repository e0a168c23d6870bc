package api

// cancelQuery ends a query.
func (h *handler) cancelQuery(c *call) error {
	message, err := h.engine.CancelQuery(c.r.Context(), c.in.Get("QueryId").Text())
	if err != nil {
		return err
	}
	w := &c.out
	w.Open('{')
	writeIfSet(w, "CancellationMessage", message)
	w.Close('{')
	return nil
}
