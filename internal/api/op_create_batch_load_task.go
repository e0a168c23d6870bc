package api

import (
	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/mapping"
)

// createBatchLoadTask accepts a batch load and answers with the id of its task.
func (h *handler) createBatchLoadTask(c *call) error {
	source := c.in.Get("DataSourceConfiguration")
	s3, csv := source.Get("DataSourceS3Configuration"), source.Get("CsvConfiguration")
	report := c.in.Get("ReportConfiguration").Get("ReportS3Configuration")
	in := engine.CreateBatchLoadInput{
		Principal:   c.principalARN(),
		ClientToken: c.in.Get("ClientToken").Text(),
		Database:    c.in.Get("TargetDatabaseName").Text(),
		Table:       c.in.Get("TargetTableName").Text(),
		Bucket:      s3.Get("BucketName").Text(),
		Prefix:      s3.Get("ObjectKeyPrefix").Text(),
		CSV: engine.CSVOptions{
			ColumnSeparator: csv.Get("ColumnSeparator").Text(),
			EscapeChar:      csv.Get("EscapeChar").Text(),
			QuoteChar:       csv.Get("QuoteChar").Text(),
			NullValue:       csv.Get("NullValue").Text(),
			TrimWhiteSpace:  csv.Get("TrimWhiteSpace").Bool(),
		},
		Report:     s3LocationOf(report),
		Version:    c.in.Get("RecordVersion").Int(),
		HasVersion: c.in.Get("RecordVersion").Present(),
		Permit:     h.permit(c),
	}
	model := c.in.Get("DataModelConfiguration")
	in.Model = dataModelOf(model.Get("DataModel"))
	if object := model.Get("DataModelS3Configuration"); object.Present() {
		in.ModelObject = &engine.S3Object{Bucket: object.Get("BucketName").Text(), Key: object.Get("ObjectKey").Text()}
	}
	id, err := h.engine.CreateBatchLoadTask(c.r.Context(), in)
	if err != nil {
		return err
	}
	c.made = madeName{"taskId", id}
	c.out.Open('{')
	c.out.Key("TaskId")
	c.out.Text(id)
	c.out.Close('{')
	return nil
}

// dataModelOf returns nil for an absent structure.
func dataModelOf(v *awsjson.Value) *mapping.Model {
	if !v.Present() {
		return nil
	}
	m := &mapping.Model{TimeColumn: v.Get("TimeColumn").Text(), TimeUnit: v.Get("TimeUnit").Text()}
	dimensions := v.Get("DimensionMappings").Elems()
	for i := range dimensions {
		m.Dimensions = append(m.Dimensions, mapping.Dimension{Source: dimensions[i].Get("SourceColumn").Text(), Name: dimensions[i].Get("DestinationColumn").Text()})
	}
	readMeasures(m, v)
	return m
}
