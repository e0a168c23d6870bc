package api

// untagResource takes tags from a resource.
func (h *handler) untagResource(c *call) error {
	var keys []string
	list := c.in.Get("TagKeys").Elems()
	for i := range list {
		keys = append(keys, list[i].Text())
	}
	err := h.engine.UntagResource(c.r.Context(), c.in.Get("ResourceARN").Text(), keys)
	return c.answerEmpty(err)
}
