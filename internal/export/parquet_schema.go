package export

import (
	"reflect"

	"github.com/parquet-go/parquet-go"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// schemaBuilder makes the nodes of a schema and the leaves that fill them, in the same order.
type schemaBuilder struct {
	leaves []*parquetLeaf
}

// columns makes the fields of the schema's root, and the leaves of each column.
func (b *schemaBuilder) columns(columns []types.Field) (root parquet.Node, leaves [][]*parquetLeaf, err error) {
	fields := make([]parquet.Field, len(columns))
	for i, c := range columns {
		first := len(b.leaves)
		node, err := b.node(c.Type, nil)
		if err != nil {
			return nil, nil, err
		}
		fields[i] = &parquetField{node, c.Name}
		leaves = append(leaves, b.leaves[first:])
	}
	root, err = group(fields)
	return root, leaves, err
}

// node makes the node of a value that is reached by a path. Every value may be NULL.
func (b *schemaBuilder) node(t *types.Type, path []step) (parquet.Node, error) {
	switch t.Kind {
	case types.KindArray:
		elem, err := b.node(t.Elem, append(path[:len(path):len(path)], step{kind: stepList, level: lists(path) + 1}))
		if err != nil {
			return nil, err
		}
		return parquet.Optional(parquet.List(elem)), nil
	case types.KindTimeSeries:
		fields := make([]parquet.Field, 2)
		for k, part := range [2]types.Field{{Name: "time", Type: types.Timestamp}, {Name: "value", Type: t.Elem}} {
			node, err := b.node(part.Type, append(path[:len(path):len(path)], step{kind: stepSeries, field: k, level: lists(path) + 1}))
			if err != nil {
				return nil, err
			}
			fields[k] = &parquetField{node, part.Name}
		}
		point, err := group(fields)
		if err != nil {
			return nil, err
		}
		return parquet.Optional(parquet.List(parquet.Optional(point))), nil
	case types.KindRow:
		fields := make([]parquet.Field, len(t.Fields))
		for k, f := range t.Fields {
			node, err := b.node(f.Type, append(path[:len(path):len(path)], step{kind: stepField, field: k}))
			if err != nil {
				return nil, err
			}
			fields[k] = &parquetField{node, fieldName(t, k)}
		}
		row, err := group(fields)
		if err != nil {
			return nil, err
		}
		return parquet.Optional(row), nil
	}
	b.leaves = append(b.leaves, &parquetLeaf{column: len(b.leaves), path: path, kind: t.Kind})
	return parquet.Optional(scalarNode(t.Kind)), nil
}

// lists returns how many steps of a path lead into lists.
func lists(path []step) int {
	n := 0
	for _, s := range path {
		if s.kind != stepField {
			n++
		}
	}
	return n
}

// scalarNode makes the node of a scalar. Texts have a dictionary.
func scalarNode(k types.Kind) parquet.Node {
	switch k {
	case types.KindBoolean:
		return parquet.Leaf(parquet.BooleanType)
	case types.KindInteger:
		return parquet.Leaf(parquet.Int32Type)
	case types.KindBigint:
		return parquet.Leaf(parquet.Int64Type)
	case types.KindDouble:
		return parquet.Leaf(parquet.DoubleType)
	case types.KindTimestamp:
		return parquet.Leaf(parquet.Int96Type)
	case types.KindDate:
		return parquet.Date()
	}
	return parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
}

// orderedGroup is a group whose fields stand in a given order; parquet.Group sorts them by name.
type orderedGroup struct {
	parquet.Group
	fields []parquet.Field
}

// Fields implements parquet.Node.
func (g orderedGroup) Fields() []parquet.Field { return g.fields }

// group makes a group. Readers find fields by their names, so these must differ.
func group(fields []parquet.Field) (parquet.Node, error) {
	seen := map[string]bool{}
	for _, f := range fields {
		if seen[f.Name()] {
			return nil, dberr.New(dberr.Invalid, "UNLOAD to Parquet needs different names: '%s' is there more than once", f.Name())
		}
		seen[f.Name()] = true
	}
	return orderedGroup{fields: fields}, nil
}

// parquetField is a field of a group.
type parquetField struct {
	parquet.Node
	name string
}

// Name implements parquet.Field.
func (f *parquetField) Name() string { return f.name }

// Value implements parquet.Field. It is for writing Go structures, which does not happen.
func (f *parquetField) Value(reflect.Value) reflect.Value {
	panic("bug: a field of a result is no Go value")
}
