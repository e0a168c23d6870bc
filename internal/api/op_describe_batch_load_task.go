package api

import (
	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
	"github.com/tidemarkdb/tidemark/internal/batchload"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/mapping"
)

// describeBatchLoadTask answers with a task.
func (h *handler) describeBatchLoadTask(c *call) error {
	t, err := h.engine.DescribeBatchLoadTask(c.r.Context(), c.in.Get("TaskId").Text())
	if err != nil {
		return err
	}
	w := &c.out
	w.Open('{')
	w.Key("BatchLoadTaskDescription")
	w.Open('{')
	w.Key("TaskId")
	w.Text(t.ID)
	writeIfSet(w, "ErrorMessage", t.Error)
	writeDataSource(w, &t.Config.BatchSource)
	writeBatchProgress(w, t)
	w.Key("ReportConfiguration")
	w.Open('{')
	w.Key("ReportS3Configuration")
	writeS3Location(w, &t.Config.Report)
	w.Close('{')
	w.Key("DataModelConfiguration")
	w.Open('{')
	if o := t.Config.ModelObject; o != nil {
		w.Key("DataModelS3Configuration")
		w.Open('{')
		writeIfSet(w, "BucketName", o.Bucket)
		writeIfSet(w, "ObjectKey", o.Key)
		w.Close('{')
	} else {
		w.Key("DataModel")
		writeDataModel(w, t.Config.Model)
	}
	w.Close('{')
	writeIfSet(w, "TargetDatabaseName", t.Database)
	writeIfSet(w, "TargetTableName", t.Table)
	w.Key("RecordVersion")
	w.Int(t.Config.Version)
	writeBatchState(w, t)
	w.Close('{')
	w.Close('{')
	return nil
}

// writeBatchState adds what a description and a list have in common.
func writeBatchState(w *awsjson.Writer, t *engine.BatchLoadTask) {
	w.Key("TaskStatus")
	w.Text(string(t.Status))
	w.Key("CreationTime")
	w.Millis(t.CreatedAt)
	w.Key("LastUpdatedTime")
	w.Millis(t.UpdatedAt)
	if t.ResumableUntil != 0 {
		w.Key("ResumableUntil")
		w.Millis(t.ResumableUntil)
	}
}

// writeBatchProgress adds the counts.
func writeBatchProgress(w *awsjson.Writer, t *engine.BatchLoadTask) {
	w.Key("ProgressReport")
	w.Open('{')
	for _, x := range []struct {
		name  string
		count int64
	}{
		{"RecordsProcessed", t.Progress.Processed}, {"RecordsIngested", t.Progress.Ingested}, {"ParseFailures", t.Progress.ParseFailures},
		{"RecordIngestionFailures", t.Progress.IngestionFailures}, {"FileFailures", t.Progress.FileFailures}, {"BytesMetered", t.Progress.BytesMetered},
	} {
		w.Key(x.name)
		w.Int(x.count)
	}
	w.Close('{')
}

// writeDataSource adds the source as it was given.
func writeDataSource(w *awsjson.Writer, s *engine.BatchSource) {
	w.Key("DataSourceConfiguration")
	w.Open('{')
	w.Key("DataSourceS3Configuration")
	w.Open('{')
	w.Key("BucketName")
	w.Text(s.Bucket)
	writeIfSet(w, "ObjectKeyPrefix", s.Prefix)
	w.Close('{')
	if csv := s.CSV; csv != (batchload.CSV{}) {
		w.Key("CsvConfiguration")
		w.Open('{')
		writeByte(w, "ColumnSeparator", csv.Separator)
		writeByte(w, "EscapeChar", csv.Escape)
		writeByte(w, "QuoteChar", csv.Quote)
		writeIfSet(w, "NullValue", csv.Null)
		if csv.Trim {
			w.Key("TrimWhiteSpace")
			w.Bool(true)
		}
		w.Close('{')
	}
	w.Key("DataFormat")
	w.Text("CSV")
	w.Close('{')
}

// writeByte adds a character unless it is absent.
func writeByte(w *awsjson.Writer, key string, c byte) {
	if c != 0 {
		w.Key(key)
		w.Text(string(rune(c)))
	}
}

// writeDataModel appends a data model as it was given.
func writeDataModel(w *awsjson.Writer, m *mapping.Model) {
	w.Open('{')
	writeIfSet(w, "TimeColumn", m.TimeColumn)
	writeIfSet(w, "TimeUnit", m.TimeUnit)
	w.Key("DimensionMappings")
	w.Open('[')
	for _, d := range m.Dimensions {
		w.Open('{')
		writeIfSet(w, "SourceColumn", d.Source)
		writeIfSet(w, "DestinationColumn", d.Name)
		w.Close('{')
	}
	w.Close('[')
	writeMeasures(w, m)
	w.Close('{')
}
