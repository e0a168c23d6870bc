package executor

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// row is one row of a table or a result in Go form.
type row = []types.Value

// memTable is a table in memory. Dimension and measure name columns come as dictionaries.
type memTable struct {
	*plan.Table
	rows []row
}

// memSource is a Source over tables in memory.
type memSource struct {
	tables    map[*plan.Table]*memTable
	batchRows int // rows a batch; default 7
	scans     []ScanRequest
	open      int // scanners that are not closed
	endless   bool
}

func newSource(tables ...*memTable) *memSource {
	s := &memSource{tables: map[*plan.Table]*memTable{}}
	for _, t := range tables {
		s.tables[t.Table] = t
	}
	return s
}

// table makes a table from "name type" columns: a type of "dim" is a dimension, "time" the time column.
func table(name string, cols string, rows ...row) *memTable {
	t := &memTable{Table: &plan.Table{Database: "db", Name: name}, rows: rows}
	for _, c := range strings.Split(cols, ",") {
		part := strings.Fields(c)
		col := plan.TableColumn{Name: part[0], Role: plan.RoleMulti}
		switch part[1] {
		case "dim":
			col.Type, col.Role = types.Varchar, plan.RoleDimension
		case "time":
			col.Type, col.Role = types.Timestamp, plan.RoleTime
		default:
			col.Type = typeNamed(part[1])
		}
		t.Columns = append(t.Columns, col)
	}
	return t
}

func typeNamed(name string) *types.Type {
	for _, t := range []*types.Type{types.Boolean, types.Integer, types.Bigint, types.Double, types.Varchar, types.Timestamp, types.Date} {
		if t.String() == name {
			return t
		}
	}
	panic("no type " + name)
}

func (s *memSource) Scan(_ context.Context, req ScanRequest) (Scanner, error) {
	t := s.tables[req.Table]
	s.scans = append(s.scans, req)
	s.open++
	sc := &memScanner{source: s, req: req, dicts: map[int]*vector.Vector{}}
	for _, r := range t.rows {
		if sc.wants(r) {
			sc.rows = append(sc.rows, r)
		}
	}
	return sc, nil
}

func (s *memSource) DistinctValues(_ context.Context, t *plan.Table, column int) (values []string, missing bool, err error) {
	seen := map[string]bool{}
	for _, r := range s.tables[t].rows {
		switch v, ok := r[column].(string); {
		case !ok:
			missing = true
		case !seen[v]:
			seen[v] = true
			values = append(values, v)
		}
	}
	return values, missing, nil
}

type memScanner struct {
	source *memSource
	req    ScanRequest
	rows   []row
	at     int
	dicts  map[int]*vector.Vector
	closed bool
}

func (sc *memScanner) wants(r row) bool {
	for i, c := range sc.req.Table.Columns {
		if c.Role == plan.RoleTime && (r[i].(int64) < sc.req.TimeFrom || r[i].(int64) > sc.req.TimeTo) {
			return false
		}
	}
	for _, f := range sc.req.Series {
		v, ok := r[f.Column].(string)
		if !ok && !f.Null || ok && !slices.Contains(f.In, v) {
			return false
		}
	}
	return true
}

func (sc *memScanner) Next(context.Context) (*vector.Batch, error) {
	size := sc.source.batchRows
	if size == 0 {
		size = 7
	}
	if sc.source.endless && sc.at >= len(sc.rows) {
		sc.at = 0
	}
	n := min(size, len(sc.rows)-sc.at)
	if n <= 0 {
		return nil, nil
	}
	b := &vector.Batch{Rows: n}
	for _, c := range sc.req.Columns {
		col := sc.req.Table.Columns[c]
		out := vector.NewBuilder(col.Type, n)
		for _, r := range sc.rows[sc.at : sc.at+n] {
			out.Append(r[c])
		}
		v := out.Build()
		if col.Role == plan.RoleDimension {
			v = sc.dictionary(c, v)
		}
		b.Cols = append(b.Cols, v)
	}
	sc.at += n
	return b, nil
}

// dictionary turns a string column into codes; every third batch gets a dictionary of its own.
func (sc *memScanner) dictionary(c int, v *vector.Vector) *vector.Vector {
	dict := sc.dicts[c]
	if dict == nil || sc.at%3 == 0 {
		seen := map[string]bool{"unused": true}
		values := []string{"unused"}
		for _, r := range sc.rows {
			if s, ok := r[c].(string); ok && !seen[s] {
				seen[s] = true
				values = append(values, s)
			}
		}
		dict = vector.Strings(values, nil)
		sc.dicts[c] = dict
	}
	codes := make([]int32, v.Len())
	for i := range codes {
		codes[i] = -1
		if !v.IsNull(i) {
			codes[i] = int32(slices.Index(dict.Strs, v.Strs[i]))
		}
	}
	return vector.DictionaryOf(dict, codes)
}

func (sc *memScanner) Stats() ScanStats {
	return ScanStats{Series: 1, Rows: int64(sc.at), Blocks: 1, Bytes: 8 * int64(sc.at)}
}

func (sc *memScanner) Close() {
	if !sc.closed {
		sc.source.open--
	}
	sc.closed = true
}

// ids hands out column ids; tests share it, since ids only have to differ within a statement.
var ids plan.ColumnID

func newCol(name string, t *types.Type) plan.Column {
	ids++
	return plan.Column{ID: ids, Name: name, Type: t}
}

// scanOf scans all columns of a table.
func scanOf(t *memTable) *plan.Scan {
	s := &plan.Scan{Table: t.Table, TimeFrom: math.MinInt64, TimeTo: math.MaxInt64}
	for i, c := range t.Columns {
		s.Cols = append(s.Cols, newCol(c.Name, c.Type))
		s.Source = append(s.Source, i)
	}
	return s
}

// colOf refers to the column of an operator by name.
func colOf(n plan.Node, name string) *plan.Col {
	for _, c := range n.Columns() {
		if c.Name == name {
			return ref(c)
		}
	}
	panic("no column " + name)
}

func ref(c plan.Column) *plan.Col { return &plan.Col{ID: c.ID, Name: c.Name, T: c.Type} }

func lit(v types.Value) *plan.Const {
	switch v := v.(type) {
	case bool:
		return &plan.Const{Value: v, T: types.Boolean}
	case int:
		return &plan.Const{Value: int64(v), T: types.Bigint}
	case int64:
		return &plan.Const{Value: v, T: types.Bigint}
	case float64:
		return &plan.Const{Value: v, T: types.Double}
	case string:
		return &plan.Const{Value: v, T: types.Varchar}
	}
	panic(fmt.Sprintf("no literal for %T", v))
}

func null(t *types.Type) *plan.Const { return &plan.Const{T: t} }

// call makes a call of a registered function with implicit coercions.
func call(name string, args ...plan.Expr) plan.Expr {
	ts := make([]*types.Type, len(args))
	for i, a := range args {
		if _, ok := a.(*plan.Lambda); !ok {
			ts[i] = a.Type()
		}
	}
	fn, m, err := function.ResolveScalar(name, ts, func(arg int, _ []*types.Type) (*types.Type, error) {
		return args[arg].(*plan.Lambda).Body.Type(), nil
	})
	if err != nil {
		panic(err)
	}
	for i, a := range args {
		if l, ok := a.(*plan.Lambda); ok {
			l.T = m.Params[i]
		} else {
			args[i] = coerce(a, m.Params[i])
		}
	}
	return &plan.Call{Fn: fn, Args: args, T: m.Result}
}

func coerce(e plan.Expr, t *types.Type) plan.Expr {
	if e.Type().Equal(t) {
		return e
	}
	return &plan.Cast{X: e, T: t}
}

// agg makes an aggregate call of a registered function.
func agg(name string, args ...plan.Expr) plan.AggExpr {
	ts := make([]*types.Type, len(args))
	for i, a := range args {
		ts[i] = a.Type()
	}
	fn, m, err := function.ResolveAggregate(name, ts)
	if err != nil {
		panic(err)
	}
	for i := range args {
		args[i] = coerce(args[i], m.Params[i])
	}
	return plan.AggExpr{Out: newCol(name, m.Result), Fn: fn, Args: args}
}

// mark is a boolean scalar function of a bigint that fails for negative values and counts the rows it is asked for.
func mark(rows *int) *function.Scalar {
	return &function.Scalar{Name: "mark", CanFail: true, Eval: func(a *function.Args) (*vector.Vector, error) {
		out := make([]bool, a.Rows)
		v := a.Vecs[0].Flatten()
		for i := range out {
			if a.Skip != nil && a.Skip[i] {
				continue
			}
			*rows++
			if v.Ints[i] < 0 {
				return nil, dberr.New(dberr.Invalid, "mark of %d", v.Ints[i])
			}
			out[i] = v.Ints[i]%2 == 1
		}
		return vector.Booleans(out, nil), nil
	}}
}

func callFn(fn *function.Scalar, t *types.Type, args ...plan.Expr) plan.Expr {
	return &plan.Call{Fn: fn, Args: args, T: t}
}

// valuesOf makes a Values node of constants.
func valuesOf(ts []*types.Type, rows ...row) *plan.Values {
	v := &plan.Values{}
	for i, t := range ts {
		v.Cols = append(v.Cols, newCol(fmt.Sprintf("c%d", i), t))
	}
	for _, r := range rows {
		exprs := make([]plan.Expr, len(r))
		for i, x := range r {
			exprs[i] = &plan.Const{Value: x, T: ts[i]}
		}
		v.Rows = append(v.Rows, exprs)
	}
	return v
}

// projectOf keeps no column and adds one for each expression, named e0, e1, ...
func projectOf(in plan.Node, exprs ...plan.Expr) *plan.Project {
	p := &plan.Project{Input: in, Exprs: exprs}
	for i, e := range exprs {
		p.Cols = append(p.Cols, newCol(fmt.Sprintf("e%d", i), e.Type()))
	}
	return p
}

// batchSizes are the sizes at which every statement of the tests runs.
var batchSizes = []int{1, 2, 3, 0}

// query runs a plan with one batch size.
func query(src Source, root plan.Node, opts Options) ([]row, Stats, error) {
	opts.Source = src
	ctx := context.Background()
	cur, err := Run(ctx, &plan.Statement{Root: root, Output: root.Columns()}, opts)
	if err != nil {
		return nil, Stats{}, err
	}
	defer cur.Close()
	var out []row
	for {
		b, err := cur.Next(ctx)
		if err != nil {
			if cur.run.memory.used != 0 {
				panic(fmt.Sprintf("%d bytes are held after an error", cur.run.memory.used))
			}
			return nil, cur.Stats(), err
		}
		if b == nil {
			break
		}
		if size := cur.run.batchRows; b.Rows == 0 || b.Rows > size {
			return nil, cur.Stats(), fmt.Errorf("batch of %d rows, size %d", b.Rows, size)
		}
		for i := range b.Rows {
			r := make(row, len(b.Cols))
			for k, c := range b.Cols {
				if c.Len() != b.Rows {
					return nil, cur.Stats(), fmt.Errorf("column %d has %d of %d rows", k, c.Len(), b.Rows)
				}
				r[k] = c.Value(i)
			}
			out = append(out, r)
		}
	}
	if cur.run.memory.used != 0 {
		return nil, cur.Stats(), fmt.Errorf("%d bytes are held after the end", cur.run.memory.used)
	}
	return out, cur.Stats(), nil
}

// text prints a row so that equal rows print alike.
func text(r row) string {
	parts := make([]string, len(r))
	for i, v := range r {
		switch v := v.(type) {
		case nil:
			parts[i] = "null"
		case float64:
			parts[i] = fmt.Sprintf("%.9g", v+0)
		default:
			parts[i] = fmt.Sprintf("%v", v)
		}
	}
	return strings.Join(parts, "|")
}

func texts(rows []row) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = text(r)
	}
	return out
}

func sorted(rows []string) []string {
	rows = slices.Clone(rows)
	sort.Strings(rows)
	return rows
}

// check runs a plan at all batch sizes and compares the rows with want, in any order unless ordered.
func check(t *testing.T, src Source, root plan.Node, want []row, ordered bool) {
	t.Helper()
	expected := texts(want)
	if !ordered {
		expected = sorted(expected)
	}
	for _, size := range batchSizes {
		rows, _, err := query(src, root, Options{BatchRows: size})
		if err != nil {
			t.Fatalf("batch size %d: %v\n%s", size, err, plan.Tree(root))
		}
		got := texts(rows)
		if !ordered {
			got = sorted(got)
		}
		if !slices.Equal(got, expected) {
			t.Fatalf("batch size %d:\n got %v\nwant %v\n%s", size, strings.Join(got, "\n     "), strings.Join(expected, "\n     "), plan.Tree(root))
		}
		if m, ok := src.(*memSource); ok && m.open != 0 {
			t.Fatalf("%d scanners are open", m.open)
		}
	}
}

// checkError runs a plan at all batch sizes and expects an error with the given text.
func checkError(t *testing.T, src Source, root plan.Node, want string) {
	t.Helper()
	for _, size := range batchSizes {
		_, _, err := query(src, root, Options{BatchRows: size})
		if err == nil || err.Error() != want {
			t.Fatalf("batch size %d: error %v, want %q", size, err, want)
		}
	}
}
