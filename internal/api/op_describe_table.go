package api

import (
	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
	"github.com/tidemarkdb/tidemark/internal/engine"
)

// describeTable answers with a table.
func (h *handler) describeTable(c *call) error {
	t, err := h.engine.DescribeTable(c.r.Context(), c.in.Get("DatabaseName").Text(), c.in.Get("TableName").Text())
	return c.answerTable(t, err)
}

// answerTable answers with one table, or passes the error on.
func (c *call) answerTable(t *engine.Table, err error) error {
	if err != nil {
		return err
	}
	w := &c.out
	w.Open('{')
	w.Key("Table")
	writeTable(w, t)
	w.Close('{')
	return nil
}

// writeTable appends a Table.
func writeTable(w *awsjson.Writer, t *engine.Table) {
	w.Open('{')
	w.Key("Arn")
	w.Text(t.ARN)
	w.Key("TableName")
	w.Text(t.Name)
	w.Key("DatabaseName")
	w.Text(t.Database)
	w.Key("TableStatus")
	w.Text("ACTIVE")
	w.Key("RetentionProperties")
	w.Open('{')
	w.Key("MemoryStoreRetentionPeriodInHours")
	w.Int(t.MemoryHours)
	w.Key("MagneticStoreRetentionPeriodInDays")
	w.Int(t.MagneticDays)
	w.Close('{')
	w.Key("CreationTime")
	w.Millis(t.CreatedAt)
	w.Key("LastUpdatedTime")
	w.Millis(t.UpdatedAt)
	w.Key("MagneticStoreWriteProperties")
	writeMagneticWrites(w, &t.MagneticWrites)
	w.Key("Schema")
	w.Open('{')
	w.Key("CompositePartitionKey")
	w.Open('[')
	for _, k := range t.PartitionKey {
		w.Open('{')
		w.Key("Type")
		w.Text(string(k.Type))
		writeIfSet(w, "Name", k.Name)
		writeIfSet(w, "EnforcementInRecord", string(k.Enforcement))
		w.Close('{')
	}
	w.Close('[')
	w.Close('{')
	w.Close('{')
}

// writeMagneticWrites appends MagneticStoreWriteProperties.
func writeMagneticWrites(w *awsjson.Writer, m *engine.MagneticWrites) {
	w.Open('{')
	w.Key("EnableMagneticStoreWrites")
	w.Bool(m.Enabled)
	if s3 := m.Rejected; s3 != nil {
		w.Key("MagneticStoreRejectedDataLocation")
		w.Open('{')
		w.Key("S3Configuration")
		writeS3Location(w, s3)
		w.Close('{')
	}
	w.Close('{')
}

// writeS3Location appends a place in object storage.
func writeS3Location(w *awsjson.Writer, place *engine.S3Location) {
	w.Open('{')
	writeIfSet(w, "BucketName", place.Bucket)
	writeIfSet(w, "ObjectKeyPrefix", place.Prefix)
	writeIfSet(w, "EncryptionOption", place.Encryption)
	writeIfSet(w, "KmsKeyId", place.KMSKeyID)
	w.Close('{')
}

// writeIfSet adds a member unless it is empty.
func writeIfSet(w *awsjson.Writer, key, text string) {
	if text != "" {
		w.Key(key)
		w.Text(text)
	}
}
