package api

// resumeBatchLoadTask lets a stopped task go on. It answers with an empty body.
func (h *handler) resumeBatchLoadTask(c *call) error {
	return h.engine.ResumeBatchLoadTask(c.r.Context(), c.in.Get("TaskId").Text(), h.permit(c))
}
