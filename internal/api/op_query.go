package api

import (
	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
	"github.com/tidemarkdb/tidemark/internal/engine"
)

// insightsEnabled is the mode in which insights are answered.
const insightsEnabled = "ENABLED_WITH_RATE_CONTROL"

// query runs a statement or gives a further page of one.
func (h *handler) query(c *call) error {
	rowsMax := int(c.in.Get("MaxRows").Int())
	out, err := h.engine.Query(c.r.Context(), engine.QueryRequest{
		QueryString: c.in.Get("QueryString").Text(),
		ClientToken: c.in.Get("ClientToken").Text(),
		NextToken:   c.in.Get("NextToken").Text(),
		MaxRows:     rowsMax,
		Principal:   c.principalARN(),
		Permit:      h.permit(c),
		Insights:    c.in.Get("QueryInsights").Get("Mode").Text() == insightsEnabled,
		NewPage:     func(columns []engine.ResultColumn) engine.PageBuilder { return newPage(columns, rowsMax) },
	})
	if err != nil {
		return err
	}
	c.made = madeName{"queryId", out.QueryID}
	writeQueryPage(&c.out, out)
	return nil
}

// writeQueryPage appends the answer of Query. All members but NextToken are there on every page.
func writeQueryPage(w *awsjson.Writer, out *engine.QueryPage) {
	w.Open('{')
	w.Key("QueryId")
	w.Text(out.QueryID)
	writeNextToken(w, out.NextToken)
	w.Key("Rows")
	w.Open('[')
	if p, ok := out.Page.(*page); ok && p.count > 0 {
		w.Raw(p.rows)
	}
	w.Close('[')
	w.Key("ColumnInfo")
	writeColumns(w, out.Columns)
	w.Key("QueryStatus")
	w.Open('{')
	w.Key("ProgressPercentage")
	w.Double(out.Status.ProgressPercentage)
	w.Key("CumulativeBytesScanned")
	w.Int(out.Status.CumulativeBytesScanned)
	w.Key("CumulativeBytesMetered")
	w.Int(out.Status.CumulativeBytesMetered)
	w.Close('{')
	if out.Insights != nil {
		writeInsights(w, out.Insights)
	}
	w.Close('{')
}

// writeInsights appends the member QueryInsightsResponse.
func writeInsights(w *awsjson.Writer, in *engine.QueryInsights) {
	w.Key("QueryInsightsResponse")
	w.Open('{')
	if in.Spatial != nil {
		writeWorstTable(w, "QuerySpatialCoverage", in.Spatial.TableARN, func() {
			w.Double(in.Spatial.Value)
			w.Key("PartitionKey")
			w.Open('[')
			for _, name := range in.Spatial.PartitionKey {
				w.Text(name)
			}
			w.Close('[')
		})
	}
	if in.Temporal != nil {
		writeWorstTable(w, "QueryTemporalRange", in.Temporal.TableARN, func() { w.Int(in.Temporal.Nanos) })
	}
	w.Key("QueryTableCount")
	w.Int(int64(in.Tables))
	w.Key("OutputRows")
	w.Int(in.OutputRows)
	w.Key("OutputBytes")
	w.Int(in.OutputBytes)
	if u := in.Unload; u != nil {
		w.Key("UnloadPartitionCount")
		w.Int(int64(u.Partitions))
		w.Key("UnloadWrittenRows")
		w.Int(u.Rows)
		w.Key("UnloadWrittenBytes")
		w.Int(u.Bytes)
	}
	w.Close('{')
}

// writeWorstTable appends a member of the insights about one table; value writes its value, and what else there is.
func writeWorstTable(w *awsjson.Writer, name, table string, value func()) {
	w.Key(name)
	w.Open('{')
	w.Key("Max")
	w.Open('{')
	w.Key("TableArn")
	w.Text(table)
	w.Key("Value")
	value()
	w.Close('{')
	w.Close('{')
}
