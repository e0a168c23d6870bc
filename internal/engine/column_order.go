package engine

import (
	"sort"
	"unicode/utf16"
)

// javaMapOrder returns names in the order in which the service lists the dimensions of a table and the attributes of a
// multi-measure record: that of a Java HashMap filled with them. No page documents it; every recorded answer of the
// service follows it. Names of one bucket keep the order in which they are given.
func javaMapOrder(names []string) []string {
	buckets := uint32(16)
	for float64(len(names)) > 0.75*float64(buckets) {
		buckets *= 2
	}
	out := append([]string(nil), names...)
	sort.SliceStable(out, func(i, j int) bool {
		return javaBucket(out[i], buckets) < javaBucket(out[j], buckets)
	})
	return out
}

// javaBucket is the bucket of a string in a HashMap with the given number of buckets, a power of two.
func javaBucket(s string, buckets uint32) uint32 {
	var h uint32
	for _, unit := range utf16.Encode([]rune(s)) {
		h = 31*h + uint32(unit)
	}
	return (h ^ h>>16) & (buckets - 1)
}
