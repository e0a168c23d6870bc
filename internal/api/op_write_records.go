package api

// writeRecords stores records. If some are refused the answer is an error that lists them, although the others are stored.
func (h *handler) writeRecords(c *call) error {
	req := &c.records.req
	if !c.records.decode(c.body.Bytes()) {
		in, err := decode(c.body.Bytes(), writeRecordsShape)
		if err != nil {
			return err
		}
		req = writeRequestOf(in)
	}
	c.writing = req
	if err := h.authorize(c); err != nil {
		return err
	}
	res, err := h.engine.WriteRecords(c.r.Context(), req)
	if err != nil {
		return err
	}
	if len(res.Rejected) > 0 {
		return &rejectedError{res.Rejected}
	}
	w := &c.out
	w.Open('{')
	w.Key("RecordsIngested")
	w.Open('{')
	w.Key("MagneticStore")
	w.Int(int64(res.MagneticStore))
	w.Key("MemoryStore")
	w.Int(int64(res.MemoryStore))
	w.Key("Total")
	w.Int(int64(res.MemoryStore + res.MagneticStore))
	w.Close('{')
	w.Close('{')
	return nil
}
