package encoding

import "encoding/binary"

// Values that stay the same for a while, as of a state, a set point or a gauge that hardly moves, are stored as runs: how
// long each is, and its value. Both are values parts of integers of any other codec.

// runsShare is how many values a run must have on average for runs to be tried.
const runsShare = 8

// appendRuns adds the values part of runs of equal values.
func (e *Encoder) appendRuns(dst []byte, vals []int64) []byte {
	e.runLens, e.runVals = e.runLens[:0], e.runVals[:0]
	from := 0
	for i, v := range vals {
		if i+1 == len(vals) || vals[i+1] != v {
			e.runLens, e.runVals = append(e.runLens, int64(i+1-from)), append(e.runVals, v)
			from = i + 1
		}
	}
	e.runPart = e.appendFlat(e.runPart[:0], e.runLens, survey(e.runLens), false)
	dst = binary.AppendUvarint(append(dst, codecIntRuns), uint64(len(e.runVals)))
	dst = binary.AppendUvarint(dst, uint64(len(e.runPart)))
	dst = append(dst, e.runPart...)
	return e.appendFlat(dst, e.runVals, survey(e.runVals), false)
}

// runPart is a checked values part of runs, and how far it has been read.
type runPart struct {
	lens, vals []int64
	run        int   // the run of the next value
	used       int64 // values of it that have been read
}

// parseRuns checks a values part of n integers in runs after its codec.
func parseRuns(s *scanner, n int) (*runPart, error) {
	count := s.uvarint()
	lengths := s.take(s.length())
	if s.bad || count == 0 || count > uint64(n) {
		return nil, corrupt("%d runs of %d integers", count, n)
	}
	p := &runPart{lens: make([]int64, count), vals: make([]int64, count)}
	lens, err := parseFlat(lengths, int(count))
	if err != nil {
		return nil, err
	}
	vals, err := parseFlat(s.rest, int(count))
	if err != nil {
		return nil, err
	}
	lens.next(p.lens)
	vals.next(p.vals)
	left := int64(n)
	for _, l := range p.lens {
		if l < 1 || l > left {
			return nil, corrupt("a run of %d integers where %d are left", l, left)
		}
		left -= l
	}
	if left > 0 {
		return nil, corrupt("runs end %d integers too early", left)
	}
	return p, nil
}

// next decodes the following len(dst) values; there must be as many.
func (p *runPart) next(dst []int64) {
	for len(dst) > 0 {
		n := min(int64(len(dst)), p.lens[p.run]-p.used)
		v := p.vals[p.run]
		for i := range dst[:n] {
			dst[i] = v
		}
		dst = dst[n:]
		if p.used += n; p.used == p.lens[p.run] {
			p.run, p.used = p.run+1, 0
		}
	}
}
