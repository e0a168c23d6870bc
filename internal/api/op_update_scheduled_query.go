package api

// updateScheduledQuery enables or disables a scheduled query.
func (h *handler) updateScheduledQuery(c *call) error {
	arn := c.scheduledARN()
	return missingQuery(arn, h.engine.UpdateScheduledQuery(c.r.Context(), arn, c.in.Get("State").Text() == "ENABLED"))
}
