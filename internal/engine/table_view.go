package engine

import (
	"sort"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/sql/analyzer"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/storage"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// columnsOf lists the columns of a table as SELECT * and DESCRIBE show them: dimensions, measure_name, time, then the
// value columns by measure in order of first appearance.
func columnsOf(s storage.Schema) []plan.TableColumn {
	var out []plan.TableColumn
	for _, d := range javaMapOrder(s.Dimensions) {
		out = append(out, plan.TableColumn{Name: d, Type: types.Varchar, Role: plan.RoleDimension})
	}
	out = append(out,
		plan.TableColumn{Name: storage.ColumnMeasureName, Type: types.Varchar, Role: plan.RoleMeasureName},
		plan.TableColumn{Name: storage.ColumnTime, Type: types.Timestamp, Role: plan.RoleTime})
	seen := map[string]bool{}
	add := func(names []string, role plan.ColumnRole) {
		for _, name := range names {
			if !seen[name] {
				seen[name] = true
				out = append(out, plan.TableColumn{Name: name, Type: s.Types[name], Role: role})
			}
		}
	}
	for _, m := range s.Measures {
		single, multi := splitColumns(m.Columns)
		add(single, plan.RoleMeasureValue)
		add(javaMapOrder(multi), plan.RoleMulti)
	}
	return out
}

// splitColumns parts the columns of single-measure records from attributes.
func splitColumns(columns []string) (single, multi []string) {
	for _, c := range columns {
		if strings.HasPrefix(c, "measure_value::") {
			single = append(single, c)
		} else {
			multi = append(multi, c)
		}
	}
	return single, multi
}

// measuresOf lists what SHOW MEASURES shows: one row for each measure name and data type, sorted by name.
func measuresOf(s storage.Schema) []analyzer.Measure {
	var out []analyzer.Measure
	for _, m := range s.Measures {
		dims := javaMapOrder(m.Dimensions)
		single, multi := splitColumns(m.Columns)
		for _, c := range single {
			out = append(out, analyzer.Measure{Name: m.Name, DataType: strings.TrimPrefix(c, "measure_value::"), Dimensions: dims})
		}
		if len(multi) > 0 {
			out = append(out, analyzer.Measure{Name: m.Name, DataType: "multi", Dimensions: dims})
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}
