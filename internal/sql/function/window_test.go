package function

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// partitionOf makes a partition of peers with the given sizes. Its frames are the default ones: from the start to the last
// peer.
func partitionOf(peers ...int) *Partition {
	p := &Partition{}
	for _, size := range peers {
		start, end := int32(p.Rows), int32(p.Rows+size)
		for range size {
			p.PeerStart, p.PeerEnd = append(p.PeerStart, start), append(p.PeerEnd, end)
			p.FrameStart, p.FrameEnd = append(p.FrameStart, 0), append(p.FrameEnd, end)
		}
		p.Rows += size
	}
	return p
}

// computeWindow runs a window function.
func computeWindow(t *testing.T, p *Partition, name string, args ...argument) ([]types.Value, error) {
	t.Helper()
	var got []*types.Type
	for _, a := range args {
		got = append(got, a.t)
	}
	f, m, err := ResolveWindow(name, got)
	if err != nil {
		t.Fatal(err)
	}
	var vecs []*vector.Vector
	for i, a := range args {
		b := vector.NewBuilder(m.Params[i], 0)
		for _, v := range a.vals {
			b.Append(coerced(v, m.Params[i]))
		}
		vecs = append(vecs, b.Build())
	}
	out, err := f.Compute(p, vecs, m.Result)
	if err != nil {
		return nil, err
	}
	if out.Len() != p.Rows || !out.Type.Equal(m.Result) {
		t.Fatalf("%s: %d values of %s, want %d of %s", name, out.Len(), out.Type, p.Rows, m.Result)
	}
	vals := make([]types.Value, p.Rows)
	for i := range vals {
		vals[i] = out.Value(i)
	}
	return vals, nil
}

// Section 4.14.
func TestWindowFunctions(t *testing.T) {
	letters := arg(types.Varchar, "a", nil, "c", "d", nil)
	for _, test := range []struct {
		name  string
		peers []int
		args  []argument
		want  []types.Value
	}{
		{"row_number", []int{1, 2, 1}, nil, listOf[int64](1, 2, 3, 4)},
		{"rank", []int{1, 2, 1}, nil, listOf[int64](1, 2, 2, 4)},
		{"dense_rank", []int{1, 2, 1}, nil, listOf[int64](1, 2, 2, 3)},
		{"rank", []int{3}, nil, listOf[int64](1, 1, 1)}, // no ORDER BY: all rows are peers
		{"percent_rank", []int{1, 2, 2}, nil, listOf(0.0, 0.25, 0.25, 0.75, 0.75)},
		{"percent_rank", []int{1}, nil, listOf(0.0)},
		{"cume_dist", []int{1, 2, 1}, nil, listOf(0.25, 0.75, 0.75, 1.0)},
		{"ntile", []int{1, 1, 1, 1, 1}, []argument{bigintArg(3, 3, 3, 3, 3)}, listOf[int64](1, 1, 2, 2, 3)},
		{"ntile", []int{1, 1}, []argument{bigintArg(5, 5)}, listOf[int64](1, 2)},
		{"ntile", []int{1, 1}, []argument{arg(types.Bigint, nil, int64(1))}, anyList(nil, int64(1))},
		{"first_value", []int{2, 2, 1}, []argument{letters}, anyList("a", "a", "a", "a", "a")},
		{"last_value", []int{2, 2, 1}, []argument{letters}, anyList(nil, nil, "d", "d", nil)}, // the last peer
		{"nth_value", []int{2, 2, 1}, []argument{letters, bigintArg(3, 3, 3, 3, 3)}, anyList(nil, nil, "c", "c", "c")},
		{"nth_value", []int{5}, []argument{letters, arg(types.Bigint, int64(1), int64(4), nil, int64(6), int64(3))}, anyList("a", "d", nil, nil, "c")},
		{"lag", []int{1, 1, 1, 1, 1}, []argument{letters}, anyList(nil, "a", nil, "c", "d")},
		{"lead", []int{1, 1, 1, 1, 1}, []argument{letters}, anyList(nil, "c", "d", nil, nil)},
		{"lag", []int{5}, []argument{letters, bigintArg(2, 2, 2, 2, 2)}, anyList(nil, nil, "a", nil, "c")},
		{"lag", []int{5}, []argument{letters, bigintArg(0, 0, 0, 0, 0)}, anyList("a", nil, "c", "d", nil)},
		{"lag", []int{5}, []argument{letters, arg(types.Bigint, int64(9), nil, int64(2), int64(1), int64(1))}, anyList(nil, nil, "a", "c", "d")},
		{"lead", []int{5}, []argument{letters, bigintArg(3, 3, 3, 3, 3), arg(types.Varchar, "1", "2", "3", nil, "5")}, anyList("d", nil, "3", nil, "5")},
		{"lead", []int{5}, []argument{letters, arg(types.Bigint, nil, nil, nil, nil, nil), arg(types.Varchar, "1", "2", "3", nil, "5")}, anyList("1", "2", "3", nil, "5")},
		{"lag", []int{2}, []argument{bigintArg(1, 2), bigintArg(1, 1), doubleArg(0.5, 0.5)}, listOf(0.5, 1.0)}, // one common type
	} {
		got, err := computeWindow(t, partitionOf(test.peers...), test.name, test.args...)
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%s(%v) over peers %v: %v, want %v (error %v)", test.name, test.args, test.peers, got, test.want, err)
		}
	}
}

func TestWindowFunctionErrors(t *testing.T) {
	for _, test := range []struct {
		name string
		args []argument
		want string
	}{
		{"ntile", []argument{bigintArg(0)}, "Buckets must be greater than 0"},
		{"nth_value", []argument{bigintArg(1), bigintArg(0)}, "Offset must be at least 1"},
		{"lag", []argument{bigintArg(1), bigintArg(-1)}, "Offset must be at least 0"},
		{"lead", []argument{bigintArg(1), bigintArg(-1)}, "Offset must be at least 0"},
	} {
		if _, err := computeWindow(t, partitionOf(1), test.name, test.args...); err == nil || err.Error() != test.want {
			t.Errorf("%s: error %v, want %s", test.name, err, test.want)
		}
	}
}

// The value functions on random partitions, frames and NULLs against a plain search.
func TestValueFunctionsAgainstNaive(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	for round := range 2000 {
		p := &Partition{IgnoreNulls: r.IntN(2) == 0}
		var peers []int
		for range r.IntN(8) {
			peers = append(peers, 1+r.IntN(3))
		}
		p.PeerStart, p.PeerEnd, p.Rows = partitionOf(peers...).PeerStart, partitionOf(peers...).PeerEnd, partitionOf(peers...).Rows
		for range p.Rows {
			p.FrameStart, p.FrameEnd = append(p.FrameStart, int32(r.IntN(p.Rows+1))), append(p.FrameEnd, int32(r.IntN(p.Rows+1)))
		}
		typ := []*types.Type{types.Bigint, types.Varchar, types.ArrayOf(types.Bigint)}[r.IntN(3)]
		value, other, k := argument{t: typ}, argument{t: typ}, argument{t: types.Bigint}
		for range p.Rows {
			value.vals, other.vals = append(value.vals, randomValue(r, typ)), append(other.vals, randomValue(r, typ))
			if r.IntN(8) == 0 {
				k.vals = append(k.vals, nil)
			} else {
				k.vals = append(k.vals, int64(1+r.IntN(4)))
			}
		}
		for _, name := range []string{"first_value", "last_value", "nth_value", "lag", "lead"} {
			args := []argument{value}
			if name == "nth_value" || name[0] == 'l' && name != "last_value" {
				args = append(args, k)
			}
			if name == "lag" || name == "lead" {
				args = append(args, other)
			}
			got, err := computeWindow(t, p, name, args...)
			if err != nil {
				t.Fatalf("seed %d, round %d: %v", seed, round, err)
			}
			for i := range got {
				if want := naiveValue(p, name, value.vals, k.vals, other.vals, i); !cmp.Equal(got[i], want) {
					t.Fatalf("seed %d, round %d: %s of row %d: %v, want %v (ignore nulls %t, values %v, k %v, frame %d to %d)",
						seed, round, name, i, got[i], want, p.IgnoreNulls, value.vals, k.vals, p.FrameStart[i], p.FrameEnd[i])
				}
			}
		}
	}
}

// naiveValue is what a value function gives for row i.
func naiveValue(p *Partition, name string, vals, ks, defaults []types.Value, i int) types.Value {
	pick := func(from, to, step int, k int64) (types.Value, bool) {
		for ; from != to; from += step {
			if p.IgnoreNulls && vals[from] == nil {
				continue
			}
			if k--; k == 0 {
				return vals[from], true
			}
		}
		return nil, false
	}
	k, known := ks[i].(int64)
	start, end := int(p.FrameStart[i]), int(p.FrameEnd[i])
	end = max(start, end)
	var out types.Value
	found := false
	switch name {
	case "first_value":
		out, _ = pick(start, end, 1, 1)
		return out
	case "last_value":
		out, _ = pick(end-1, start-1, -1, 1)
		return out
	case "nth_value":
		if known {
			out, _ = pick(start, end, 1, k)
		}
		return out
	case "lag":
		if known {
			out, found = pick(i-1, -1, -1, k)
		}
	case "lead":
		if known {
			out, found = pick(i+1, p.Rows, 1, k)
		}
	}
	if !found {
		return defaults[i]
	}
	return out
}
