package api

// resumeBatchLoadTask lets a stopped task go on.
func (h *handler) resumeBatchLoadTask(c *call) error {
	return c.answerEmpty(h.engine.ResumeBatchLoadTask(c.r.Context(), c.in.Get("TaskId").Text(), h.permit(c)))
}
