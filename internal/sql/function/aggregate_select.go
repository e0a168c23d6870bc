package function

import (
	"math/bits"
	"slices"
)

// selectKth returns the k-th smallest of a, counted from 0, and reorders a on the way. It takes about one pass over a
// and a bit, since the pivot comes from a sample near the wanted rank.
func selectKth(a []int64, k int) int64 {
	lo, hi := 0, len(a)
	for budget := 2 * bits.Len(uint(len(a))); hi-lo > insertionRows; budget-- {
		if budget == 0 { // an unlucky or hostile order
			sortKeys(a[lo:hi])
			return a[k]
		}
		pivot := samplePivot(a[lo:hi], k-lo)
		mid := lo + moveLess(a[lo:hi], pivot)
		switch {
		case k < mid:
			hi = mid
		case mid-lo < (hi-lo)/8: // poor progress: many values may equal the pivot
			end := mid + moveAtMost(a[mid:hi], pivot)
			if k < end {
				return pivot
			}
			lo = end
		default:
			lo = mid
		}
	}
	insertionSort(a[lo:hi])
	return a[k]
}

// insertionRows is the length up to which insertion sort is fastest.
const insertionRows = 20

// insertionSort sorts a few keys.
func insertionSort(a []int64) {
	for i := 1; i < len(a); i++ {
		v, j := a[i], i
		for ; j > 0 && a[j-1] > v; j-- {
			a[j] = a[j-1]
		}
		a[j] = v
	}
}

// samplePivot returns an element of a that is likely to leave rank k on the smaller side.
func samplePivot(a []int64, k int) int64 {
	var buf [31]int64
	sample := buf[:]
	if len(a) < 600 {
		sample = buf[:7]
	}
	n := len(sample)
	for i := range sample {
		sample[i] = a[(2*i+1)*len(a)/(2*n)]
	}
	insertionSort(sample)
	at := k * n / len(a)
	if 2*k < len(a) {
		return sample[min(at+1, n-1)]
	}
	return sample[max(at-1, 0)]
}

// moveLess moves the elements below pivot to the front and returns how many they are. The loop has no branch that could be
// mispredicted.
func moveLess(a []int64, pivot int64) int {
	n := 0
	for i, v := range a {
		a[i] = a[n]
		a[n] = v
		less := 0
		if v < pivot {
			less = 1
		}
		n += less
	}
	return n
}

// moveAtMost is moveLess with the elements that equal pivot.
func moveAtMost(a []int64, pivot int64) int {
	n := 0
	for i, v := range a {
		a[i] = a[n]
		a[n] = v
		atMost := 0
		if v <= pivot {
			atMost = 1
		}
		n += atMost
	}
	return n
}

// radixRows is the length from which sorting byte by byte beats comparing.
const radixRows = 512

// sortKeys sorts a in ascending order.
func sortKeys(a []int64) {
	if len(a) < radixRows {
		slices.Sort(a)
		return
	}
	var counts [8][256]int
	for _, v := range a {
		u := uint64(v) ^ 1<<63
		for b := range counts {
			counts[b][byte(u>>(8*b))]++
		}
	}
	from, to := a, make([]int64, len(a))
	for b := range counts {
		c := &counts[b]
		if c[byte((uint64(a[0])^1<<63)>>(8*b))] == len(a) {
			continue // all have the same byte here
		}
		sum := 0
		for i, n := range c {
			c[i] = sum
			sum += n
		}
		for _, v := range from {
			d := byte((uint64(v) ^ 1<<63) >> (8 * b))
			to[c[d]] = v
			c[d]++
		}
		from, to = to, from
	}
	if &from[0] != &a[0] {
		copy(a, from)
	}
}
