package api

import "github.com/tidemarkdb/tidemark/internal/engine"

// updateTable changes what is given of a table and answers with the table.
func (h *handler) updateTable(c *call) error {
	t, err := h.engine.UpdateTable(c.r.Context(), engine.UpdateTableInput{
		Database:       c.in.Get("DatabaseName").Text(),
		Name:           c.in.Get("TableName").Text(),
		Retention:      retentionOf(c.in.Get("RetentionProperties")),
		MagneticWrites: magneticWritesOf(c.in.Get("MagneticStoreWriteProperties")),
		PartitionKey:   partitionKeyOf(c.in.Get("Schema")),
	})
	return c.answerTable(t, err)
}
