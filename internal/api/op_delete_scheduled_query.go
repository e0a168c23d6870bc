package api

// deleteScheduledQuery removes a scheduled query.
func (h *handler) deleteScheduledQuery(c *call) error {
	arn := c.scheduledARN()
	return missingQuery(arn, h.engine.DeleteScheduledQuery(c.r.Context(), arn))
}
