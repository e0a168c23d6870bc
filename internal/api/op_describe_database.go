package api

import (
	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
	"github.com/tidemarkdb/tidemark/internal/engine"
)

// describeDatabase answers with a database.
func (h *handler) describeDatabase(c *call) error {
	d, err := h.engine.DescribeDatabase(c.r.Context(), c.in.Get("DatabaseName").Text())
	return c.answerDatabase(d, err)
}

// answerDatabase answers with one database, or passes the error on.
func (c *call) answerDatabase(d *engine.Database, err error) error {
	if err != nil {
		return err
	}
	w := &c.out
	w.Open('{')
	w.Key("Database")
	writeDatabase(w, d)
	w.Close('{')
	return nil
}

// writeDatabase appends a Database.
func writeDatabase(w *awsjson.Writer, d *engine.Database) {
	w.Open('{')
	w.Key("Arn")
	w.Text(d.ARN)
	w.Key("DatabaseName")
	w.Text(d.Name)
	w.Key("TableCount")
	w.Int(int64(d.TableCount))
	w.Key("KmsKeyId")
	w.Text(d.KMSKeyID)
	w.Key("CreationTime")
	w.Millis(d.CreatedAt)
	w.Key("LastUpdatedTime")
	w.Millis(d.UpdatedAt)
	w.Close('{')
}
