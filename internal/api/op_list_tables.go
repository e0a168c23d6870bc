package api

// listTables lists the tables of a database, or of all if none is named.
func (h *handler) listTables(c *call) error {
	list, next, err := h.engine.ListTables(c.r.Context(), c.in.Get("DatabaseName").Text(), c.in.Get("NextToken").Text(), pageSizeOf(c.in))
	if err != nil {
		return err
	}
	w := &c.out
	w.Open('{')
	w.Key("Tables")
	w.Open('[')
	for _, t := range list {
		writeTable(w, t)
	}
	w.Close('[')
	writeNextToken(w, next)
	w.Close('{')
	return nil
}
