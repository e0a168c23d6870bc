package api

import "github.com/tidemarkdb/tidemark/internal/api/awsjson"

// pageSizeDefault is the length of a page of databases or tables if the request does not say: the most there can be.
const pageSizeDefault = 20

// listDatabases answers with a page of databases.
func (h *handler) listDatabases(c *call) error {
	list, next, err := h.engine.ListDatabases(c.r.Context(), c.in.Get("NextToken").Text(), pageSizeOf(c.in))
	if err != nil {
		return err
	}
	w := &c.out
	w.Open('{')
	w.Key("Databases")
	w.Open('[')
	for _, d := range list {
		writeDatabase(w, d)
	}
	w.Close('[')
	writeNextToken(w, next)
	w.Close('{')
	return nil
}

// pageSizeOf returns MaxResults, or the default.
func pageSizeOf(in *awsjson.Value) int {
	if n := in.Get("MaxResults"); n.Present() {
		return int(n.Int())
	}
	return pageSizeDefault
}

// writeNextToken adds the token unless it is the last page: an empty one must not be sent.
func writeNextToken(w *awsjson.Writer, token string) {
	if token != "" {
		w.Key("NextToken")
		w.Text(token)
	}
}
