package engine

import (
	"testing"

	"github.com/tidemarkdb/tidemark/internal/mapping"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// TestScheduledModel: which types of columns can become which measures.
func TestScheduledModel(t *testing.T) {
	columns := []ResultColumn{{"at", types.Timestamp}, {"host", types.Varchar}, {"d", types.Double}, {"i", types.Integer}, {"b", types.Bigint}, {"f", types.Boolean}, {"dup", types.Double}, {"dup", types.Double}}
	fit := map[mapping.Type]string{mapping.Double: "d i b", mapping.Bigint: "i b", mapping.Varchar: "host", mapping.Boolean: "f", mapping.Timestamp: "at"}
	for kind, want := range fit {
		got := ""
		for _, c := range columns[:6] {
			m := mapping.Model{TimeColumn: "at", Dimensions: []mapping.Dimension{{Source: "host"}},
				Multi: &mapping.Multi{MeasureName: "m", Attributes: []mapping.Attribute{{Source: c.Name, Name: "x", Type: kind}}}}
			if CheckScheduledModel(&m, columns) == nil {
				got += " " + c.Name
			}
		}
		if got != " "+want {
			t.Errorf("%s may come from%s, want %s", kind, got, want)
		}
	}
	for _, c := range []struct {
		model mapping.Model
		want  string
	}{
		{mapping.Model{TimeColumn: "at", Dimensions: []mapping.Dimension{{Source: "d"}}, Mixed: []mapping.Mixed{{Source: "d", Type: mapping.Double}}},
			"The column 'd' has type double, but a dimension must be of type VARCHAR."},
		{mapping.Model{TimeColumn: "at", MeasureNameColumn: "i", Dimensions: []mapping.Dimension{{Source: "host"}}, Mixed: []mapping.Mixed{{MeasureName: "x", Source: "d", Type: mapping.Double}}},
			"The column 'i' has type integer, but the measure name column must be of type VARCHAR."},
		{mapping.Model{TimeColumn: "at", Dimensions: []mapping.Dimension{{Source: "host"}}, Mixed: []mapping.Mixed{{Source: "dup", Type: mapping.Double}}},
			"The column 'dup' of the data model is ambiguous: there are several of that name."},
	} {
		if err := CheckScheduledModel(&c.model, columns); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}
