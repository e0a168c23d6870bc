package function

import (
	"math"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// sequence. Source: Timestream's "Array functions"; at most 10,000 elements, as an AWS sample and Trino have it. Without a
// step it is one, or one day, towards the end. Sequences of dates are Trino's.
func init() {
	registerScalar("sequence(bigint, bigint) -> array(bigint)", Scalar{CanFail: true, Eval: sequence(1)})
	registerScalar("sequence(bigint, bigint, bigint) -> array(bigint)", Scalar{CanFail: true, Eval: sequence(1)})
	registerScalar("sequence(timestamp, timestamp) -> array(timestamp)", Scalar{CanFail: true, Eval: sequence(types.Day)})
	registerScalar("sequence(timestamp, timestamp, interval day to second) -> array(timestamp)", Scalar{CanFail: true, Eval: sequence(types.Day)})
	registerScalar("sequence(timestamp, timestamp, interval year to month) -> array(timestamp)", Scalar{CanFail: true, Eval: monthSequence(addMonthsToTimestamp)})
	registerScalar("sequence(date, date) -> array(date)", Scalar{CanFail: true, Eval: sequence(1)})
	registerScalar("sequence(date, date, interval day to second) -> array(date)", Scalar{CanFail: true, Eval: dateSequence})
	registerScalar("sequence(date, date, interval year to month) -> array(date)", Scalar{CanFail: true, Eval: monthSequence(addMonthsToDate)})
}

const (
	badStepDirection = "sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start"
	badSequenceSize  = "result of sequence function must not have more than 10000 entries"
)

// checkStep fails if step does not lead from start to stop.
func checkStep(start, stop, step int64) error {
	switch {
	case step == 0:
		return invalid("step must not be zero")
	case step > 0 && start > stop, step < 0 && start < stop:
		return invalid(badStepDirection)
	}
	return nil
}

// sequence makes the code of sequences with a fixed step; unit is the step where there is no argument for it.
func sequence(unit int64) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		step := func(i int, up bool) (int64, error) {
			if up {
				return unit, nil
			}
			return -unit, nil
		}
		if len(a.Vecs) == 3 {
			arg := read[int64](a.Vecs[2])
			step = func(i int, _ bool) (int64, error) { return arg.at(i), nil }
		}
		return fixedSequence(a, step)
	}
}

// dateSequence is a sequence of dates whose step is given in nanoseconds.
func dateSequence(a *Args) (*vector.Vector, error) {
	arg := read[int64](a.Vecs[2])
	return fixedSequence(a, func(i int, _ bool) (int64, error) {
		if arg.at(i)%types.Day != 0 {
			return 0, invalid("sequence step must be a day interval if start and end values are dates")
		}
		return arg.at(i) / types.Day, nil
	})
}

// fixedSequence builds sequences start, start+step, ... for all rows.
func fixedSequence(a *Args, step func(i int, up bool) (int64, error)) (*vector.Vector, error) {
	start, stop := read[int64](a.Vecs[0]), read[int64](a.Vecs[1])
	var elems []int64
	offsets := make([]int32, a.Rows+1)
	for i := 0; i < a.Rows; i++ {
		if !a.skipped(i) {
			from, to := start.at(i), stop.at(i)
			by, err := step(i, from <= to)
			if err == nil {
				err = checkStep(from, to, by)
			}
			if err != nil {
				return nil, err
			}
			distance, stride := uint64(to)-uint64(from), uint64(by)
			if by < 0 {
				distance, stride = -distance, -stride
			}
			n := distance / stride
			if n >= maxRepeat {
				return nil, invalid(badSequenceSize)
			}
			for k := int64(0); k <= int64(n); k++ {
				elems = append(elems, from+k*by)
			}
			if len(elems) > maxResultElements {
				return nil, errResultTooLarge
			}
		}
		offsets[i+1] = int32(len(elems))
	}
	return vector.Arrays(a.Result, offsets, vector.Int64s(a.Result.Elem, elems, nil), nil), nil
}

// monthSequence makes the code of sequences whose step is in months. All elements are counted from the start, so that a
// month that is too short does not shift those behind it.
func monthSequence(add func(x, months int64) (int64, error)) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		start, stop, step := read[int64](a.Vecs[0]), read[int64](a.Vecs[1]), read[int64](a.Vecs[2])
		var elems []int64
		offsets := make([]int32, a.Rows+1)
		for i := 0; i < a.Rows; i++ {
			if !a.skipped(i) {
				var err error
				if elems, err = appendMonths(elems, start.at(i), stop.at(i), step.at(i), add); err != nil {
					return nil, err
				}
			}
			offsets[i+1] = int32(len(elems))
		}
		return vector.Arrays(a.Result, offsets, vector.Int64s(a.Result.Elem, elems, nil), nil), nil
	}
}

func appendMonths(dst []int64, from, to, step int64, add func(x, months int64) (int64, error)) ([]int64, error) {
	if err := checkStep(from, to, step); err != nil {
		return nil, err
	}
	for k := int64(0); ; k++ {
		months, ok := mulInt64(k, step)
		x, err := add(from, months)
		if !ok || err != nil { // beyond the range of the type, hence beyond the end
			x = math.MaxInt64
			if step < 0 {
				x = math.MinInt64
			}
		}
		if !ok || err != nil || step > 0 && x > to || step < 0 && x < to {
			return dst, nil
		}
		if k >= maxRepeat {
			return nil, invalid(badSequenceSize)
		}
		if dst = append(dst, x); len(dst) > maxResultElements {
			return nil, errResultTooLarge
		}
	}
}
