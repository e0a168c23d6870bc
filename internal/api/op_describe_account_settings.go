package api

import (
	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
	"github.com/tidemarkdb/tidemark/internal/engine"
)

// describeAccountSettings answers with the settings of the account.
func (h *handler) describeAccountSettings(c *call) error {
	writeAccount(&c.out, h.engine.DescribeAccount(c.r.Context()))
	return nil
}

// writeAccount appends the answer of both operations on the account.
func writeAccount(w *awsjson.Writer, a *engine.Account) {
	w.Open('{')
	w.Key("MaxQueryTCU")
	w.Int(a.MaxQueryTCU)
	w.Key("QueryPricingModel")
	w.Text(engine.PricingComputeUnits)
	w.Key("QueryCompute")
	w.Open('{')
	w.Key("ComputeMode")
	w.Text(a.ComputeMode())
	if p := a.Provisioned; p != nil {
		w.Key("ProvisionedCapacity")
		w.Open('{')
		w.Key("ActiveQueryTCU")
		w.Int(p.TargetTCU)
		if n := p.Notification; n != nil {
			writeNotification(w, n)
		}
		w.Key("LastUpdate")
		w.Open('{')
		w.Key("TargetQueryTCU")
		w.Int(p.TargetTCU)
		w.Key("Status")
		w.Text("SUCCEEDED") // capacity is there as soon as it is asked for
		w.Close('{')
		w.Close('{')
	}
	w.Close('{')
	w.Close('{')
}

// writeNotification appends the member NotificationConfiguration.
func writeNotification(w *awsjson.Writer, n *engine.Notification) {
	w.Key("NotificationConfiguration")
	w.Open('{')
	if n.TopicARN != "" {
		w.Key("SnsConfiguration")
		w.Open('{')
		w.Key("TopicArn")
		w.Text(n.TopicARN)
		w.Close('{')
	}
	w.Key("RoleArn")
	w.Text(n.RoleARN)
	w.Close('{')
}
