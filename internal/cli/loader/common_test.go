package loader

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

var sameRecord = cmp.Options{
	cmpopts.IgnoreUnexported(types.Record{}, types.Dimension{}, types.MeasureValue{}), cmpopts.EquateEmpty(),
	cmpopts.SortSlices(func(a, b types.Dimension) bool { return *a.Name < *b.Name }),
}

// unmerge is what the service does with common attributes.
func unmerge(common *types.Record, r types.Record) types.Record {
	if common == nil {
		return r
	}
	r.Dimensions = append(append([]types.Dimension(nil), common.Dimensions...), r.Dimensions...)
	if r.MeasureName == nil {
		r.MeasureName = common.MeasureName
	}
	if r.Time == nil {
		r.Time = common.Time
	}
	if r.TimeUnit == "" {
		r.TimeUnit = common.TimeUnit
	}
	if r.MeasureValueType == "" {
		r.MeasureValueType = common.MeasureValueType
	}
	if r.Version == nil {
		r.Version = common.Version
	}
	return r
}

func TestMergeOneHost(t *testing.T) {
	records := []types.Record{sample(0), sample(1), sample(2)}
	common, rest := Merge(records)
	want := sample(0)
	want.MeasureName, want.MeasureValue = nil, nil
	if diff := cmp.Diff(&want, common, sameRecord); diff != "" {
		t.Errorf("common attributes (-want +got):\n%s", diff)
	}
	for i, r := range rest {
		want := types.Record{MeasureName: aws.String(fmt.Sprintf("m%d", i)), MeasureValue: aws.String("1")}
		if diff := cmp.Diff(want, r, sameRecord); diff != "" {
			t.Errorf("record %d (-want +got):\n%s", i, diff)
		}
	}
	if diff := cmp.Diff([]types.Record{sample(0), sample(1), sample(2)}, records, sameRecord); diff != "" {
		t.Errorf("the records were changed:\n%s", diff)
	}
}

func TestMergeNothing(t *testing.T) {
	one := []types.Record{sample(0)}
	if common, rest := Merge(one); common != nil || len(rest) != 1 {
		t.Errorf("one record has common attributes %+v", common)
	}
	a := types.Record{Dimensions: []types.Dimension{{Name: aws.String("a"), Value: aws.String("1")}}, MeasureName: aws.String("x"), Version: aws.Int64(1)}
	b := types.Record{Dimensions: []types.Dimension{{Name: aws.String("a"), Value: aws.String("2")}}, MeasureName: aws.String("y")}
	if common, _ := Merge([]types.Record{a, b}); common != nil {
		t.Errorf("records that have nothing in common have %+v", common)
	}
	if common, _ := Merge([]types.Record{b, a}); common != nil {
		t.Errorf("records that have nothing in common have %+v", common)
	}
}

// Merging loses nothing: what the service makes of the request are the records again.
func TestMergeKeepsRecords(t *testing.T) {
	few := func(name string, n int) *rapid.Generator[*string] {
		return rapid.Custom(func(rt *rapid.T) *string {
			i := rapid.IntRange(0, n).Draw(rt, name)
			if i == n {
				return nil
			}
			return aws.String(fmt.Sprintf("%s%d", name, i))
		})
	}
	record := rapid.Custom(func(rt *rapid.T) types.Record {
		r := types.Record{
			MeasureName: few("m", 2).Draw(rt, "measure"), Time: few("t", 2).Draw(rt, "time"),
			TimeUnit:         rapid.SampledFrom([]types.TimeUnit{"", types.TimeUnitSeconds, types.TimeUnitNanoseconds}).Draw(rt, "unit"),
			MeasureValueType: rapid.SampledFrom([]types.MeasureValueType{"", "DOUBLE", "BIGINT"}).Draw(rt, "type"),
			MeasureValue:     few("v", 3).Draw(rt, "value"),
		}
		if rapid.Bool().Draw(rt, "versioned") {
			r.Version = aws.Int64(rapid.Int64Range(1, 2).Draw(rt, "version"))
		}
		for _, name := range rapid.Permutation([]string{"a", "b", "c"}).Draw(rt, "names") {
			if v := few(name, 2).Draw(rt, name); v != nil {
				r.Dimensions = append(r.Dimensions, types.Dimension{Name: aws.String(name), Value: v})
			}
		}
		return r
	})
	rapid.Check(t, func(rt *rapid.T) {
		records := rapid.SliceOfN(record, 1, 8).Draw(rt, "records")
		common, rest := Merge(records)
		if len(rest) != len(records) {
			rt.Fatalf("%d records became %d", len(records), len(rest))
		}
		for i := range records {
			if diff := cmp.Diff(records[i], unmerge(common, rest[i]), sameRecord); diff != "" {
				rt.Fatalf("record %d (-before +after):\n%s", i, diff)
			}
			for _, d := range rest[i].Dimensions {
				if common != nil && hasDimension(common.Dimensions, d) {
					rt.Fatalf("dimension %s is in both", *d.Name)
				}
			}
		}
	})
}
