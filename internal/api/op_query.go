package api

import (
	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
	"github.com/tidemarkdb/tidemark/internal/engine"
)

// query runs a statement or gives a further page of one.
func (h *handler) query(c *call) error {
	rowsMax := int(c.in.Get("MaxRows").Int())
	out, err := h.engine.Query(c.r.Context(), engine.QueryRequest{
		QueryString: c.in.Get("QueryString").Text(),
		ClientToken: c.in.Get("ClientToken").Text(),
		NextToken:   c.in.Get("NextToken").Text(),
		MaxRows:     rowsMax,
		Principal:   c.principalARN(),
		Permit:      c.permit(),
		NewPage:     func(columns []engine.ResultColumn) engine.PageBuilder { return newPage(columns, rowsMax) },
	})
	if err != nil {
		return err
	}
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
	w.Close('{')
}
