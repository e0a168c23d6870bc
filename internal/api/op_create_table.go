package api

import (
	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
	"github.com/tidemarkdb/tidemark/internal/engine"
)

// createTable declares a table and answers with it.
func (h *handler) createTable(c *call) error {
	t, err := h.engine.CreateTable(c.r.Context(), engine.CreateTableInput{
		Database:       c.in.Get("DatabaseName").Text(),
		Name:           c.in.Get("TableName").Text(),
		Retention:      retentionOf(c.in.Get("RetentionProperties")),
		MagneticWrites: magneticWritesOf(c.in.Get("MagneticStoreWriteProperties")),
		PartitionKey:   partitionKeyOf(c.in.Get("Schema")),
		Tags:           tagsOf(c.in.Get("Tags")),
	})
	return c.answerTable(t, err)
}

// retentionOf returns nil for an absent structure, as the two functions after it do.
func retentionOf(v *awsjson.Value) *engine.Retention {
	if !v.Present() {
		return nil
	}
	return &engine.Retention{
		MemoryHours:  v.Get("MemoryStoreRetentionPeriodInHours").Int(),
		MagneticDays: v.Get("MagneticStoreRetentionPeriodInDays").Int(),
	}
}

// magneticWritesOf returns nil for an absent structure.
func magneticWritesOf(v *awsjson.Value) *engine.MagneticWrites {
	if !v.Present() {
		return nil
	}
	m := &engine.MagneticWrites{Enabled: v.Get("EnableMagneticStoreWrites").Bool()}
	if s3 := v.Get("MagneticStoreRejectedDataLocation").Get("S3Configuration"); s3.Present() {
		place := s3LocationOf(s3)
		m.Rejected = &place
	}
	return m
}

// s3LocationOf returns a place in object storage.
func s3LocationOf(v *awsjson.Value) engine.S3Location {
	return engine.S3Location{
		Bucket:     v.Get("BucketName").Text(),
		Prefix:     v.Get("ObjectKeyPrefix").Text(),
		Encryption: v.Get("EncryptionOption").Text(),
		KMSKeyID:   v.Get("KmsKeyId").Text(),
	}
}

// partitionKeyOf returns the parts of the key, nil for an absent structure.
func partitionKeyOf(schema *awsjson.Value) []engine.PartitionKey {
	var keys []engine.PartitionKey
	list := schema.Get("CompositePartitionKey").Elems()
	for i := range list {
		keys = append(keys, engine.PartitionKey{
			Type:        engine.KeyType(list[i].Get("Type").Text()),
			Name:        list[i].Get("Name").Text(),
			Enforcement: engine.KeyEnforcement(list[i].Get("EnforcementInRecord").Text()),
		})
	}
	return keys
}
