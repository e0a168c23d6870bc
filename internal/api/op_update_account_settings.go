package api

import (
	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
	"github.com/tidemarkdb/tidemark/internal/engine"
)

// updateAccountSettings changes the settings of the account and answers with them.
func (h *handler) updateAccountSettings(c *call) error {
	a, err := h.engine.UpdateAccount(c.r.Context(), accountUpdateOf(c.in))
	if err != nil {
		return err
	}
	writeAccount(&c.out, a)
	return nil
}

// accountUpdateOf returns what a request asks to change.
func accountUpdateOf(in *awsjson.Value) engine.AccountUpdate {
	compute := in.Get("QueryCompute")
	u := engine.AccountUpdate{PricingModel: in.Get("QueryPricingModel").Text(), ComputeMode: compute.Get("ComputeMode").Text()}
	if n := in.Get("MaxQueryTCU"); n.Present() {
		tcu := n.Int()
		u.MaxQueryTCU = &tcu
	}
	if p := compute.Get("ProvisionedCapacity"); p.Present() {
		u.Provisioned = &engine.ProvisionedRequest{TargetTCU: p.Get("TargetQueryTCU").Int()}
		if n := p.Get("NotificationConfiguration"); n.Present() {
			u.Provisioned.Notification = &engine.Notification{TopicARN: n.Get("SnsConfiguration").Get("TopicArn").Text(), RoleARN: n.Get("RoleArn").Text()}
		}
	}
	return u
}
