package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/vector"
)

// probing is one batch of the probe side on its way past the build table.
type probing struct {
	join    *join
	batch   *vector.Batch
	numbers []int32 // the key of each row; nil without keys
	row     int     // the row at work
	match   int     // how many of its build rows it has met
	met     []bool  // by row: some pair passed the residual; nil if that is not needed
	lonely  bool    // the pairs are through; rows that met none are next
}

// newProbing starts with a batch of the probe side.
func (j *join) newProbing(ctx context.Context, b *vector.Batch) (*probing, error) {
	p := &probing{join: j, batch: b}
	if j.table.keys != nil {
		var err error
		if p.numbers, err = j.table.number(ctx, j.probe.keys, b, false); err != nil {
			return nil, err
		}
	}
	if j.probe.keep && j.residual != nil {
		p.met = make([]bool, b.Rows)
	}
	return p, nil
}

// next returns the next rows of output, nil at the end.
func (p *probing) next(ctx context.Context) (*vector.Batch, error) {
	j := p.join
	if j.table.keys == nil && j.table.rows.Rows == 1 && j.residual == nil {
		return p.withOneRow(), nil
	}
	for p.row < p.batch.Rows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		probe, build := p.pairs()
		if len(probe) == 0 {
			break
		}
		if j.residual != nil {
			var err error
			if probe, build, err = p.passing(ctx, probe, build); err != nil {
				return nil, err
			}
		}
		if j.table.met != nil {
			for _, b := range build {
				if b >= 0 {
					j.table.met[b] = true
				}
			}
		}
		if len(probe) > 0 {
			return p.output(probe, build), nil
		}
	}
	if p.met == nil || p.lonely {
		return nil, nil
	}
	p.lonely = true
	var probe, build []int32
	for i, met := range p.met {
		if !met {
			probe, build = append(probe, int32(i)), append(build, -1)
		}
	}
	if len(probe) == 0 {
		return nil, nil
	}
	return p.output(probe, build), nil
}

// withOneRow joins the batch with the only row of the build side, which costs nothing.
func (p *probing) withOneRow() *vector.Batch {
	j := p.join
	if p.row == p.batch.Rows {
		return nil
	}
	p.row = p.batch.Rows
	if j.table.met != nil {
		j.table.met[0] = true
	}
	cols := make([]*vector.Vector, len(j.table.rows.Cols))
	for i, v := range j.table.rows.Cols {
		cols[i] = v.Repeat(0, p.batch.Rows)
	}
	return j.joined(p.batch.Cols, cols, p.batch.Rows)
}

// matches returns the build rows with the key of a row.
func (p *probing) matches(row int) []int32 {
	t := &p.join.table
	if p.numbers == nil {
		return t.list
	}
	k := p.numbers[row]
	if k < 0 {
		return nil
	}
	return t.list[t.starts[k]:t.starts[k+1]]
}

// pairs returns the next pairs of rows with equal keys, about a batch of them. A row that meets none comes with build row
// -1 if it is kept and no residual has a say.
func (p *probing) pairs() (probe, build []int32) {
	size := p.join.run.batchRows
	alone := p.join.probe.keep && p.join.residual == nil
	probe, build = make([]int32, 0, min(size, 2*p.batch.Rows)), make([]int32, 0, min(size, 2*p.batch.Rows))
	for p.row < p.batch.Rows && len(probe) < size {
		list := p.matches(p.row)
		if len(list) == 0 && alone {
			probe, build = append(probe, int32(p.row)), append(build, -1)
		}
		part := list[p.match:min(len(list), p.match+size-len(probe))]
		for range part {
			probe = append(probe, int32(p.row))
		}
		build = append(build, part...)
		if p.match += len(part); p.match < len(list) {
			break
		}
		p.row, p.match = p.row+1, 0
	}
	return probe, build
}

// passing returns the pairs for which the residual is true.
func (p *probing) passing(ctx context.Context, probe, build []int32) (kept, keptBuild []int32, err error) {
	j := p.join
	b := &vector.Batch{Cols: make([]*vector.Vector, len(p.batch.Cols)+len(j.table.rows.Cols)), Rows: len(probe)}
	left := len(j.sides[0].cols)
	for _, c := range j.residual.cols {
		side, i := j.sides[0], c
		if c >= left {
			side, i = j.sides[1], c-left
		}
		if side == j.build {
			b.Cols[c] = spread(j.table.rows.Cols[i], build)
		} else {
			b.Cols[c] = spread(p.batch.Cols[i], probe)
		}
	}
	v, err := j.residual.eval(ctx, b)
	if err != nil {
		return nil, nil, err
	}
	sel, all := trueRows(v)
	if !all {
		probe, build = gatherNumbers(probe, sel), gatherNumbers(build, sel)
	}
	if p.met != nil {
		for _, i := range probe {
			p.met[i] = true
		}
	}
	return probe, build, nil
}

// output makes rows of pairs; build row -1 is NULLs.
func (p *probing) output(probe, build []int32) *vector.Batch {
	j := p.join
	rows := p.batch
	if !isAll(probe, rows.Rows) {
		rows = spreadAll(rows, probe)
	}
	return j.joined(rows.Cols, spreadAll(j.table.rows, build).Cols, len(probe))
}

// isAll reports whether sel is 0, 1, ... n-1.
func isAll(sel []int32, n int) bool {
	if len(sel) != n {
		return false
	}
	for i, s := range sel {
		if int(s) != i {
			return false
		}
	}
	return true
}
