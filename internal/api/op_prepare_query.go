package api

import (
	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/engine"
)

// prepareQuery analyzes a statement and tells its columns and parameters. There is nothing that would run it later, so the
// only form of the operation is that which validates.
func (h *handler) prepareQuery(c *call) error {
	if !c.in.Get("ValidateOnly").Bool() {
		return dberr.New(dberr.Invalid, "PrepareQuery needs ValidateOnly to be true")
	}
	text := c.in.Get("QueryString").Text()
	out, err := h.engine.PrepareQuery(c.r.Context(), text, h.permit(c))
	if err != nil {
		return err
	}
	writePrepared(&c.out, text, out)
	return nil
}

// writePrepared appends the answer of PrepareQuery. Both lists are always there.
func writePrepared(w *awsjson.Writer, text string, out *engine.PreparedQuery) {
	w.Open('{')
	w.Key("QueryString")
	w.Text(text)
	w.Key("Columns")
	w.Open('[')
	for _, c := range out.Columns {
		w.Open('{')
		w.Key("Name")
		w.Text(c.Name)
		writeType(w, c.Type)
		writeIfSet(w, "DatabaseName", c.Database)
		writeIfSet(w, "TableName", c.Table)
		w.Key("Aliased")
		w.Bool(c.Aliased)
		w.Close('{')
	}
	w.Close('[')
	w.Key("Parameters")
	w.Open('[')
	for _, p := range out.Parameters {
		writeColumn(w, p.Name, p.Type)
	}
	w.Close('[')
	w.Close('{')
}
