package api

import "github.com/tidemarkdb/tidemark/internal/engine"

// writeRecords stores records. If some are refused the answer is an error that lists them, although the others are stored.
func (h *handler) writeRecords(c *call) error {
	req := &c.records.req
	if !c.records.decode(c.body.Bytes()) {
		var err error
		if req, err = h.decodeSlowly(c.body.Bytes()); err != nil {
			return err
		}
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

// decodeSlowly reads a body through the shape. What it makes of one that is wrong everywhere takes many times the memory of the body,
// which is more than the body was let in with: so only as many at once as there are CPUs.
func (h *handler) decodeSlowly(body []byte) (*engine.WriteRequest, error) {
	h.slow <- struct{}{}
	defer func() { <-h.slow }()
	in, err := decode(body, writeRecordsShape)
	if err != nil {
		return nil, err
	}
	return writeRequestOf(in), nil
}
