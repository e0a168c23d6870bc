package api

// tagResource gives a resource tags.
func (h *handler) tagResource(c *call) error {
	err := h.engine.TagResource(c.r.Context(), c.in.Get("ResourceARN").Text(), tagsOf(c.in.Get("Tags")))
	return c.answerEmpty(err)
}

// answerEmpty answers with an empty structure, or passes the error on.
func (c *call) answerEmpty(err error) error {
	if err != nil {
		return err
	}
	c.out.Open('{')
	c.out.Close('{')
	return nil
}
