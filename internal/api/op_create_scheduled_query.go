package api

import (
	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/mapping"
)

// createScheduledQuery declares a scheduled query and answers with its ARN.
func (h *handler) createScheduledQuery(c *call) error {
	report := c.in.Get("ErrorReportConfiguration").Get("S3Configuration")
	var permit func(engine.Permission) error
	if permits := RolePermits(h.engine, h.opts.Access, h.opts.Region); permits != nil {
		permit = permits(c.in.Get("ScheduledQueryExecutionRoleArn").Text())
	}
	arn, err := h.engine.CreateScheduledQuery(c.r.Context(), engine.CreateScheduledQueryInput{
		Name:     c.in.Get("Name").Text(),
		Query:    c.in.Get("QueryString").Text(),
		Schedule: c.in.Get("ScheduleConfiguration").Get("ScheduleExpression").Text(),
		Topic:    c.in.Get("NotificationConfiguration").Get("SnsConfiguration").Get("TopicArn").Text(),
		Role:     c.in.Get("ScheduledQueryExecutionRoleArn").Text(),
		Target:   scheduledTargetOf(c.in.Get("TargetConfiguration").Get("TimestreamConfiguration")),
		ErrorReports: engine.S3Location{
			Bucket:     report.Get("BucketName").Text(),
			Prefix:     report.Get("ObjectKeyPrefix").Text(),
			Encryption: report.Get("EncryptionOption").Text(),
		},
		KMSKeyID:    c.in.Get("KmsKeyId").Text(),
		Tags:        tagsOf(c.in.Get("Tags")),
		ClientToken: c.in.Get("ClientToken").Text(),
		Permit:      permit,
	})
	if err != nil {
		return err
	}
	c.made = madeName{"arn", arn}
	c.out.Open('{')
	c.out.Key("Arn")
	c.out.Text(arn)
	c.out.Close('{')
	return nil
}

// scheduledTargetOf returns nil for an absent structure.
func scheduledTargetOf(v *awsjson.Value) *engine.ScheduledTarget {
	if !v.Present() {
		return nil
	}
	t := &engine.ScheduledTarget{Database: v.Get("DatabaseName").Text(), Table: v.Get("TableName").Text()}
	m := &t.Model
	m.TimeColumn = v.Get("TimeColumn").Text()
	dimensions := v.Get("DimensionMappings").Elems()
	for i := range dimensions {
		m.Dimensions = append(m.Dimensions, mapping.Dimension{Source: dimensions[i].Get("Name").Text()})
	}
	readMeasures(m, v)
	return t
}
