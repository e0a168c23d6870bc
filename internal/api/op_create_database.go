package api

import (
	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
	"github.com/tidemarkdb/tidemark/internal/engine"
)

// createDatabase declares a database and answers with it.
func (h *handler) createDatabase(c *call) error {
	d, err := h.engine.CreateDatabase(c.r.Context(), engine.CreateDatabaseInput{
		Name:     c.in.Get("DatabaseName").Text(),
		KMSKeyID: c.in.Get("KmsKeyId").Text(),
		Tags:     tagsOf(c.in.Get("Tags")),
	})
	return c.answerDatabase(d, err)
}

// tagsOf returns a list of tags, nil if it is absent.
func tagsOf(list *awsjson.Value) []engine.Tag {
	var tags []engine.Tag
	for i := range list.Elems() {
		t := &list.Elems()[i]
		tags = append(tags, engine.Tag{Key: t.Get("Key").Text(), Value: t.Get("Value").Text()})
	}
	return tags
}
