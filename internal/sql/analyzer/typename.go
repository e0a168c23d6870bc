package analyzer

import (
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/types"
)

var namedTypes = map[string]*types.Type{
	"int": types.Integer, "integer": types.Integer, "bigint": types.Bigint, "double": types.Double, "boolean": types.Boolean,
	"varchar": types.Varchar, "date": types.Date, "time": types.Time, "timestamp": types.Timestamp,
	"interval day to second": types.IntervalDayToSecond, "interval year to month": types.IntervalYearToMonth,
}

// typeOf resolves a type as written in CAST.
func typeOf(n *ast.TypeName) (*types.Type, error) {
	if t, ok := namedTypes[n.Name]; ok {
		return t, nil
	}
	var parts []*types.Type
	for _, arg := range n.Args {
		t, err := typeOf(arg)
		if err != nil {
			return nil, err
		}
		parts = append(parts, t)
	}
	switch {
	case n.Name == "array" && len(parts) == 1:
		return types.ArrayOf(parts[0]), nil
	case n.Name == "row" && len(parts) > 0:
		fields := make([]types.Field, len(parts))
		for i, t := range parts {
			fields[i] = types.Field{Name: n.Fields[i], Type: t}
		}
		return types.RowOf(fields...), nil
	}
	return nil, dberr.At(n.Pos, "Unknown type: %s", n.Name)
}
