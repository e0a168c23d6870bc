package engine

import "github.com/tidemarkdb/tidemark/internal/storage"

// WriteRequest is one call of WriteRecords, checked for form. Its strings may share memory that is valid only during the
// call: WriteRecords keeps none of them.
type WriteRequest struct {
	Database, Table string
	Common          Record // what all records share; a record's own members go first
	Records         []Record
	// EachAlone refuses a record that is invalid alone, instead of the whole request: records that the server itself makes of
	// rows have no client who could mend the request.
	EachAlone bool
	// Load is set by batch loads: the magnetic store takes records whatever the table says of magnetic writes, and what it
	// rejects is told like all other rejections.
	Load bool

	tableID uint64 // if it is not 0, the table must be this one and not another one of that name
}

// Record is a record as it was sent. Members that are empty are absent.
type Record struct {
	Dimensions    []Dimension
	MeasureName   string
	MeasureValue  string
	MeasureType   MeasureType
	MeasureValues []MeasureValue
	Time          string
	TimeUnit      TimeUnit
	Version       int64
	HasVersion    bool
}

// Dimension is a name and a value, which may be empty.
type Dimension = storage.Dim

// MeasureValue is an attribute of a multi-measure record.
type MeasureValue struct {
	Name, Value string
	Type        MeasureType
}

// MeasureType is the type of a measure value; 0 stands for none given.
type MeasureType uint8

// The types of measure value.
const (
	TypeDouble MeasureType = iota + 1
	TypeBigint
	TypeVarchar
	TypeBoolean
	TypeTimestamp
	TypeMulti
)

// measureTypeNames has the words of the API by type.
var measureTypeNames = [...]string{"", "DOUBLE", "BIGINT", "VARCHAR", "BOOLEAN", "TIMESTAMP", "MULTI"}

// String returns the type in the words of the API.
func (t MeasureType) String() string { return measureTypeNames[t] }

// MeasureTypeNames lists the types in the words of the API: type i+1 is element i.
func MeasureTypeNames() []string { return measureTypeNames[1:] }

// TimeUnit is the unit of a record's times; 0 stands for none given.
type TimeUnit uint8

// The units of time.
const (
	UnitMilliseconds TimeUnit = iota + 1
	UnitSeconds
	UnitMicroseconds
	UnitNanoseconds
)

// TimeUnitNames lists the units in the words of the API: unit i+1 is element i.
func TimeUnitNames() []string {
	return []string{"MILLISECONDS", "SECONDS", "MICROSECONDS", "NANOSECONDS"}
}

// unitNanos is the length of each unit; milliseconds are the default.
var unitNanos = [...]int64{1e6, 1e6, 1e9, 1e3, 1}

// WriteResult tells what became of the records of a request. Those that are not among Rejected are stored, durably.
type WriteResult struct {
	MemoryStore   int // records stored, by the store that keeps them
	MagneticStore int
	Rejected      []RejectedRecord // in order of Index
	BytesMetered  int64            // whole KiB, as the service charges
}

// RejectedRecord is a record that was not stored.
type RejectedRecord struct {
	Index           int // in WriteRequest.Records
	Reason          string
	ExistingVersion int64 // of the record that is stored, 0 if that is not the reason
	Invalid         bool  // the record is wrong in itself: it would have made the whole request fail, but for EachAlone
}
