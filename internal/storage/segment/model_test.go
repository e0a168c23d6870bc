package segment_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/storage/segment"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// model is what a segment must hold: the rows in order, as Go values.
type model struct {
	meta segment.Meta
	runs []modelRun
}

// modelRun is the rows of one series.
type modelRun struct {
	series   uint32
	times    []int64
	versions []int64
	cols     [][]types.Value // by column, then row; nil is NULL
}

// rows counts the rows.
func (m *model) rows() (n int64) {
	for _, r := range m.runs {
		n += int64(len(r.times))
	}
	return n
}

// columnTypes are the types that columns can have.
var columnTypes = []*types.Type{types.Double, types.Bigint, types.Varchar, types.Boolean, types.Timestamp}

// randomModel makes rows of random series: runsMax runs of up to rowsMax rows, with values of all types and shapes.
func randomModel(rng *rand.Rand, runsMax, rowsMax int) *model {
	m := &model{meta: segment.Meta{Table: rng.Uint64(), WindowFrom: -5, WindowTo: math.MaxInt64, MaxSequence: rng.Uint64(), Level: segment.Level(rng.IntN(2))}}
	for i := range rng.IntN(7) {
		m.meta.Columns = append(m.meta.Columns, segment.Column{Name: fmt.Sprintf("column %d", i), Type: columnTypes[rng.IntN(len(columnTypes))]})
	}
	series := rng.Perm(4 * runsMax)[:rng.IntN(runsMax+1)]
	if rng.IntN(2) == 0 {
		slices.Sort(series)
	}
	nullShare, jitter := rng.IntN(3), rng.Int64N(2)*rng.Int64N(1e9)
	for _, s := range series {
		run := modelRun{series: uint32(s), cols: make([][]types.Value, len(m.meta.Columns))}
		n := 1 + rng.IntN(rowsMax)
		t := rng.Int64N(1e12) * 1e6
		versioned := rng.IntN(8) == 0
		absent := rng.IntN(4) == 0
		for range n {
			run.times = append(run.times, t)
			t += 1e9 + 1 + rng.Int64N(jitter+1)
			version := int64(1)
			if versioned && rng.IntN(3) == 0 {
				version = rng.Int64N(1 << 40)
			}
			run.versions = append(run.versions, version)
			for i, c := range m.meta.Columns {
				v := randomValue(rng, c.Type, s)
				if absent || nullShare > 0 && rng.IntN(10) < nullShare {
					v = nil
				}
				run.cols[i] = append(run.cols[i], v)
			}
		}
		m.runs = append(m.runs, run)
	}
	return m
}

// randomValue makes a value; what it is like depends on the series.
func randomValue(rng *rand.Rand, t *types.Type, series int) types.Value {
	switch t.Kind {
	case types.KindDouble:
		switch series % 4 {
		case 0:
			return float64(rng.IntN(10000)) / 100
		case 1:
			return rng.NormFloat64()
		case 2:
			return []float64{math.NaN(), math.Inf(1), math.Copysign(0, -1), 7}[rng.IntN(4)]
		}
		return float64(series)
	case types.KindVarchar:
		return fmt.Sprint("value ", rng.IntN(1+series*10))
	case types.KindBoolean:
		return series%3 == 0 || rng.IntN(2) == 0
	case types.KindBigint:
		return int64(rng.Uint64()) >> (series % 60)
	}
	return rng.Int64N(1e9)
}

// chunk cuts rows from:to out of a run, in any form that the writer takes.
func (r *modelRun) chunk(rng *rand.Rand, cols []segment.Column, from, to int) segment.Chunk {
	c := segment.Chunk{Times: r.times[from:to], Versions: r.versions[from:to], Cols: make([]*vector.Vector, len(cols))}
	if !slices.ContainsFunc(c.Versions, func(v int64) bool { return v != 1 }) && rng.IntN(2) == 0 {
		c.Versions = nil
	}
	for i, col := range cols {
		vals := r.cols[i][from:to]
		if !slices.ContainsFunc(vals, func(v types.Value) bool { return v != nil }) {
			switch rng.IntN(3) {
			case 0:
				continue
			case 1:
				c.Cols[i] = vector.NullsOf(col.Type, to-from)
				continue
			}
		}
		c.Cols[i] = vector.FromValues(col.Type, vals...)
	}
	return c
}

// write writes the model, each run in chunks of random length.
func (m *model) write(rng *rand.Rand, fs vfs.FS, name string) (segment.Info, error) {
	w, err := segment.NewWriter(fs, name, m.meta)
	if err != nil {
		return segment.Info{}, err
	}
	for _, r := range m.runs {
		for from := 0; from < len(r.times); {
			to := min(len(r.times), from+1+rng.IntN(1<<rng.IntN(14)))
			if err := w.Append(r.series, r.chunk(rng, m.meta.Columns, from, to)); err != nil {
				w.Abort()
				return segment.Info{}, err
			}
			from = to
		}
	}
	info, err := w.Finish()
	if err != nil {
		w.Abort()
	}
	return info, err
}

// sameValue compares values bit by bit.
func sameValue(a, b types.Value) bool {
	x, ok := a.(float64)
	y, ok2 := b.(float64)
	if ok && ok2 {
		return math.Float64bits(x) == math.Float64bits(y)
	}
	return a == b
}

// difference reads everything through all methods and says what differs from the model: first an error of a read, or else
// a wrong answer.
func (m *model) difference(r *segment.Reader) (wrong string, err error) {
	if !reflect.DeepEqual(r.Meta(), m.meta) {
		return fmt.Sprintf("meta %v", r.Meta()), nil
	}
	if r.Info().Rows != m.rows() || r.Info().Series != len(m.runs) || r.RunCount() != len(m.runs) {
		return fmt.Sprintf("info %v", r.Info()), nil
	}
	row := int64(0)
	for i, run := range m.runs {
		series, first, end := r.Run(i)
		from, to := r.RunTimeRange(i)
		if series != run.series || first != row || end != row+int64(len(run.times)) || from != run.times[0] || to != run.times[len(run.times)-1] {
			return fmt.Sprintf("run %d is series %d rows %d to %d times %d to %d", i, series, first, end, from, to), nil
		}
		if found, ok := r.FindRun(series); !ok || found != i {
			return fmt.Sprintf("series %d found at %d", series, found), nil
		}
		row = end
	}
	return m.blockDifference(r)
}

// blockDifference compares the content of the blocks.
func (m *model) blockDifference(r *segment.Reader) (wrong string, err error) {
	ctx := context.Background()
	flat := m.flat()
	row := int64(0)
	for block := range r.BlockCount() {
		b, first, end := r.BlockOf(row)
		if b2, _, _ := r.BlockOf(end - 1); b != block || b2 != block || first != row || end <= row || end-row > segment.BlockRows {
			return fmt.Sprintf("block of row %d is %d with rows %d to %d", row, b, first, end), nil
		}
		times, err := r.Times(ctx, block)
		if err != nil {
			return "", err
		}
		versions, err := r.Versions(ctx, block)
		if err != nil {
			return "", err
		}
		if !slices.Equal(times, flat.times[first:end]) {
			return fmt.Sprintf("times of block %d", block), nil
		}
		for i, want := range flat.versions[first:end] {
			if versions == nil && want != 1 || versions != nil && versions[i] != want {
				return fmt.Sprintf("version of row %d", first+int64(i)), nil
			}
		}
		for col, want := range flat.cols {
			v, err := r.Column(ctx, block, col)
			if err != nil {
				return "", err
			}
			if v.Len() != int(end-first) || v.Form != vector.Flat || v.Type != m.meta.Columns[col].Type {
				return fmt.Sprintf("column %d of block %d has %d rows of %s", col, block, v.Len(), v.Type), nil
			}
			for i := range v.Len() {
				if got := v.Value(i); !sameValue(got, want[first+int64(i)]) {
					return fmt.Sprintf("row %d column %d is %v, not %v", first+int64(i), col, got, want[first+int64(i)]), nil
				}
			}
		}
		row = end
	}
	if row != m.rows() {
		return fmt.Sprintf("blocks end at row %d", row), nil
	}
	return m.hourDifference(r)
}

// flat is the rows of all runs one after the other.
func (m *model) flat() modelRun {
	out := modelRun{cols: make([][]types.Value, len(m.meta.Columns))}
	for _, r := range m.runs {
		out.times = append(out.times, r.times...)
		out.versions = append(out.versions, r.versions...)
		for i, c := range r.cols {
			out.cols[i] = append(out.cols[i], c...)
		}
	}
	return out
}

// newRand returns a random source and prints its seed.
func newRand(t testing.TB) *rand.Rand {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}
