package loader

import (
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"
)

// Merge returns the records of a request with all that they have in common moved into its common attributes, or nil
// attributes if there is nothing. Each attribute moved saves sending it once less than there are records, and the service
// bills it once. The given records are not changed.
func Merge(records []types.Record) (*types.Record, []types.Record) {
	if len(records) < 2 {
		return nil, records
	}
	first := &records[0]
	var common types.Record
	common.Dimensions = sharedDimensions(records)
	if alike(records, func(r *types.Record) *string { return r.MeasureName }) {
		common.MeasureName = first.MeasureName
	}
	if alike(records, func(r *types.Record) *string { return r.Time }) {
		common.Time = first.Time
	}
	if alike(records, func(r *types.Record) *string { return (*string)(&r.TimeUnit) }) {
		common.TimeUnit = first.TimeUnit
	}
	if alike(records, func(r *types.Record) *string { return (*string)(&r.MeasureValueType) }) {
		common.MeasureValueType = first.MeasureValueType
	}
	if sameVersion(records) {
		common.Version = first.Version
	}
	if common.Dimensions == nil && common.MeasureName == nil && common.Time == nil && common.TimeUnit == "" &&
		common.MeasureValueType == "" && common.Version == nil {
		return nil, records
	}
	rest := make([]types.Record, len(records))
	for i, r := range records {
		r.Dimensions = without(r.Dimensions, common.Dimensions)
		if common.MeasureName != nil {
			r.MeasureName = nil
		}
		if common.Time != nil {
			r.Time = nil
		}
		if common.TimeUnit != "" {
			r.TimeUnit = ""
		}
		if common.MeasureValueType != "" {
			r.MeasureValueType = ""
		}
		if common.Version != nil {
			r.Version = nil
		}
		rest[i] = r
	}
	return &common, rest
}

// alike reports whether a member is set to the same text in all records.
func alike(records []types.Record, member func(*types.Record) *string) bool {
	first := member(&records[0])
	if first == nil || *first == "" {
		return false
	}
	for i := range records[1:] {
		if s := member(&records[i+1]); s != first && (s == nil || *s != *first) {
			return false
		}
	}
	return true
}

// sameVersion reports whether all records have the same version.
func sameVersion(records []types.Record) bool {
	first := records[0].Version
	if first == nil {
		return false
	}
	for _, r := range records {
		if r.Version == nil || *r.Version != *first {
			return false
		}
	}
	return true
}

// sharedDimensions returns the dimensions that all records have with the same value.
func sharedDimensions(records []types.Record) []types.Dimension {
	shared := append([]types.Dimension(nil), records[0].Dimensions...)
	for i := range records[1:] {
		kept := shared[:0]
		for _, d := range shared {
			if hasDimension(records[i+1].Dimensions, d) {
				kept = append(kept, d)
			}
		}
		if shared = kept; len(shared) == 0 {
			return nil
		}
	}
	return shared
}

// hasDimension reports whether a dimension is in a list, with the same value.
func hasDimension(dimensions []types.Dimension, d types.Dimension) bool {
	for _, other := range dimensions {
		if sameText(other.Name, d.Name) {
			return sameText(other.Value, d.Value) && other.DimensionValueType == d.DimensionValueType
		}
	}
	return false
}

// sameText reports whether two members are equal, both missing included.
func sameText(a, b *string) bool { return a == b || a != nil && b != nil && *a == *b }

// without returns the dimensions that are not among the shared ones.
func without(dimensions, shared []types.Dimension) []types.Dimension {
	if len(shared) == 0 {
		return dimensions
	}
	rest := make([]types.Dimension, 0, len(dimensions)-len(shared))
	for _, d := range dimensions {
		if !hasDimension(shared, d) {
			rest = append(rest, d)
		}
	}
	return rest
}
