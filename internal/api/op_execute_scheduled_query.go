package api

// executeScheduledQuery asks for a run of a scheduled query, which comes after the answer. ClientToken has no effect, as in the
// service.
func (h *handler) executeScheduledQuery(c *call) error {
	arn := c.scheduledARN()
	insights := c.in.Get("QueryInsights").Get("Mode").Text() == "ENABLED_WITH_RATE_CONTROL"
	return missingQuery(arn, h.engine.ExecuteScheduledQuery(c.r.Context(), arn, c.in.Get("InvocationTime").Int(), insights))
}
