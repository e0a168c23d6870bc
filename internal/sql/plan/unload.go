package plan

import (
	"fmt"
	"strings"
)

// Unload says where and how UNLOAD writes the rows of its query.
type Unload struct {
	Bucket, Prefix   string // the prefix without a slash at its end; may be empty
	PartitionedBy    []string
	Parquet          bool // else CSV
	Gzip             bool // else not compressed
	KMS              bool // encrypted with SSE_KMS, else SSE_S3
	KMSKey           string
	FieldDelimiter   string // one ASCII character
	EscapedBy        string // one character
	IncludeHeader    bool
	MaxFileSizeBytes int64
}

// Label returns the operation for printing above the plan of its query.
func (u *Unload) Label() string {
	format, compression := "csv", "none"
	if u.Parquet {
		format = "parquet"
	}
	if u.Gzip {
		compression = "gzip"
	}
	label := fmt.Sprintf("unload to s3://%s/%s %s %s", u.Bucket, u.Prefix, format, compression)
	if len(u.PartitionedBy) > 0 {
		label += " partitioned by [" + strings.Join(u.PartitionedBy, ", ") + "]"
	}
	return label
}
