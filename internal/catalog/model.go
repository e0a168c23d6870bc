package catalog

// Quotas of the service that are counted here.
const (
	DatabasesMax = 500
	TablesMax    = 50_000
)

// Database is a declared database. Times are milliseconds since 1970.
type Database struct {
	Name      string `json:"name"`
	KMSKeyID  string `json:"kms_key_id,omitempty"`
	CreatedAt int64  `json:"created_at"`
	UpdatedAt int64  `json:"updated_at"`
	Tags      []Tag  `json:"tags,omitempty"`
}

// Table is a declared table. Times are milliseconds since 1970. ID is the catalog's to give; it is never used twice, not
// even after the table is gone.
type Table struct {
	ID             uint64         `json:"id"`
	Database       string         `json:"database"`
	Name           string         `json:"name"`
	MemoryHours    int64          `json:"memory_hours"`  // retention of the memory store
	MagneticDays   int64          `json:"magnetic_days"` // retention of the magnetic store, after that of the memory store
	MagneticWrites MagneticWrites `json:"magnetic_writes"`
	PartitionKey   []PartitionKey `json:"partition_key"`
	CreatedAt      int64          `json:"created_at"`
	UpdatedAt      int64          `json:"updated_at"`
	Tags           []Tag          `json:"tags,omitempty"`
	// Past is what earlier retentions have put behind the table, nil if the retention was never changed.
	Past *Past `json:"past,omitempty"`
}

// Past is what a longer retention does not bring back. Times are milliseconds since 1970; they only ever grow.
type Past struct {
	MovedBefore   int64 `json:"moved_before"`   // older rows have left the memory store
	ExpiredBefore int64 `json:"expired_before"` // older rows have left both stores
}

// Raise makes both times at least those of another.
func (p *Past) Raise(other Past) {
	p.MovedBefore = max(p.MovedBefore, other.MovedBefore)
	p.ExpiredBefore = max(p.ExpiredBefore, other.ExpiredBefore)
}

// MagneticWrites says whether records that are too old for the memory store are taken, and where reports about those that
// are rejected later go.
type MagneticWrites struct {
	Enabled  bool        `json:"enabled,omitempty"`
	Rejected *S3Location `json:"rejected,omitempty"`
}

// S3Location is a place in object storage and how objects there are encrypted. All members are optional.
type S3Location struct {
	Bucket     string `json:"bucket,omitempty"`
	Prefix     string `json:"prefix,omitempty"`
	Encryption string `json:"encryption,omitempty"` // SSE_S3 or SSE_KMS
	KMSKeyID   string `json:"kms_key_id,omitempty"`
}

// PartitionKey is one part of a table's composite partition key.
type PartitionKey struct {
	Type        KeyType        `json:"type"`
	Name        string         `json:"name,omitempty"`        // of a KeyDimension
	Enforcement KeyEnforcement `json:"enforcement,omitempty"` // of a KeyDimension
}

// KeyType says what a partition key is.
type KeyType string

// The types of partition key.
const (
	KeyDimension KeyType = "DIMENSION"
	KeyMeasure   KeyType = "MEASURE"
)

// KeyEnforcement says whether records must have the dimension of the partition key.
type KeyEnforcement string

// The levels of enforcement.
const (
	KeyRequired KeyEnforcement = "REQUIRED"
	KeyOptional KeyEnforcement = "OPTIONAL"
)

// RequiredDimension returns the name of the dimension that every record of the table must have, "" if there is none.
func (t *Table) RequiredDimension() string {
	for _, k := range t.PartitionKey {
		if k.Type == KeyDimension && k.Enforcement == KeyRequired {
			return k.Name
		}
	}
	return ""
}

// Tag is a label that a user gave to a resource.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}
