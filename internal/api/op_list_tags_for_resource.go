package api

// tagsPageMax is the longest page of tags, and the length of one if the request does not say. It is as many as a resource can
// have, so that clients of timestream-write, which has no pages, get them all.
const tagsPageMax = 200

// listTagsForResource answers with the tags of a resource.
func (h *handler) listTagsForResource(c *call) error {
	limit := tagsPageMax
	if n := c.in.Get("MaxResults"); n.Present() {
		limit = int(n.Int())
	}
	tags, next, err := h.engine.ListTags(c.r.Context(), c.in.Get("ResourceARN").Text(), c.in.Get("NextToken").Text(), limit)
	if err != nil {
		return err
	}
	w := &c.out
	w.Open('{')
	w.Key("Tags")
	w.Open('[')
	for _, t := range tags {
		w.Open('{')
		w.Key("Key")
		w.Text(t.Key)
		w.Key("Value")
		w.Text(t.Value)
		w.Close('{')
	}
	w.Close('[')
	writeNextToken(w, next)
	w.Close('{')
	return nil
}
