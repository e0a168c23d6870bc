package function

import "math"

// digest is a merging t-digest: a distribution as centroids (mean, weight) that are small near the ends and wider in the
// middle. Source: Dunning and Ertl, "Computing extremely accurate quantiles using t-digests", with the arc sine scale.
//
// A centroid holds at most what one step of the scale spans, so that a rank is off by less than pi/(2*compression) of
// the weight in the middle and by much less near the ends.
type digest struct {
	means, weights []float64 // ascending by mean
	total          float64   // weight of the finite values
	low, high      float64   // the least and the greatest finite value
	below, above   float64   // weight of -Infinity and Infinity
	nans           float64   // weight of NaN, which stands above everything
}

// defaultCompression keeps ranks within 0.8 % in about 3 KB.
const defaultCompression = 200

// compressionFor returns the compression that keeps ranks within accuracy, within bounds.
func compressionFor(accuracy float64) float64 {
	return min(max(math.Ceil(math.Pi/(2*accuracy)), defaultCompression), 20000)
}

// merge adds points, which ascend by mean. weights is nil if all are 1.
func (d *digest) merge(means, weights []float64, compression float64) {
	means, weights = d.setAsideSpecials(means, weights)
	if len(means) == 0 {
		return
	}
	if d.total == 0 {
		d.low, d.high = means[0], means[len(means)-1]
	}
	d.low, d.high = min(d.low, means[0]), max(d.high, means[len(means)-1])
	for i := range means {
		d.total += weightAt(weights, i)
	}
	out := compressor{compression: compression, total: d.total}
	out.room(int(compression) + 8)
	i, j := 0, 0
	for i < len(d.means) || j < len(means) {
		if j == len(means) || i < len(d.means) && d.means[i] <= means[j] {
			out.add(d.means[i], d.weights[i])
			i++
		} else {
			out.add(means[j], weightAt(weights, j))
			j++
		}
	}
	d.means, d.weights = out.means, out.weights
}

// mergeDigest adds another digest.
func (d *digest) mergeDigest(o *digest, compression float64) {
	hadNone := d.total == 0
	low, high := d.low, d.high
	d.merge(o.means, o.weights, compression)
	if o.total > 0 { // means of wide centroids are inside the true range
		d.low, d.high = o.low, o.high
		if !hadNone {
			d.low, d.high = min(low, o.low), max(high, o.high)
		}
	}
	d.below += o.below
	d.above += o.above
	d.nans += o.nans
}

// clone returns an independent copy.
func (d *digest) clone() *digest {
	out := *d
	out.means = append([]float64(nil), d.means...)
	out.weights = append([]float64(nil), d.weights...)
	return &out
}

// weightAt returns a weight of a list that is nil if all are 1.
func weightAt(weights []float64, i int) float64 {
	if weights == nil {
		return 1
	}
	return weights[i]
}

// setAsideSpecials counts infinities and NaN, which cannot be averaged, and returns the rest: they stand at the ends.
func (d *digest) setAsideSpecials(means, weights []float64) (m, w []float64) {
	first, last := 0, len(means)
	for ; first < last && math.IsInf(means[first], -1); first++ {
		d.below += weightAt(weights, first)
	}
	for ; last > first && math.IsNaN(means[last-1]); last-- {
		d.nans += weightAt(weights, last-1)
	}
	for ; last > first && math.IsInf(means[last-1], 1); last-- {
		d.above += weightAt(weights, last-1)
	}
	if weights != nil {
		weights = weights[first:last]
	}
	return means[first:last], weights
}

// compressor joins ascending points into centroids.
type compressor struct {
	compression, total float64
	means, weights     []float64
	done               float64 // weight of the centroids that are closed
	limit              float64 // total weight at which the open centroid must close
}

// room makes room for n centroids.
func (c *compressor) room(n int) {
	c.means, c.weights = make([]float64, 0, n), make([]float64, 0, n)
}

// add joins a point to the open centroid, or closes it and opens the next.
func (c *compressor) add(mean, weight float64) {
	last := len(c.means) - 1
	if last >= 0 && c.done+c.weights[last]+weight <= c.limit {
		w := c.weights[last] + weight
		c.means[last] += float64((mean - c.means[last]) * (weight / w))
		c.weights[last] = w
		return
	}
	if last >= 0 {
		c.done += c.weights[last]
	}
	c.means, c.weights = append(c.means, mean), append(c.weights, weight)
	// The scale k(q) = compression/2pi * asin(2q-1); a centroid may span one unit of it.
	q := min(c.done/c.total, 1)
	k := math.Asin(2*q-1) + 2*math.Pi/c.compression
	c.limit = c.total
	if k < math.Pi/2 {
		c.limit *= (math.Sin(k) + 1) / 2
	}
}

// count returns the weight of all values.
func (d *digest) count() float64 { return d.below + d.total + d.above + d.nans }

// at returns about the value that has `rank` of weight before it.
func (d *digest) at(rank float64) float64 {
	switch {
	case rank < d.below:
		return math.Inf(-1)
	case rank-d.below >= d.total+d.above:
		return math.NaN()
	case rank-d.below >= d.total:
		return math.Inf(1)
	}
	// A value stands in the middle of its own weight of 1, a centroid in the middle of its weight.
	target := rank - d.below + 0.5
	before, previous, value := 0.0, 0.5, d.low
	for i, w := range d.weights {
		middle := before + w/2
		if target <= middle {
			return interpolateWithin(value, d.means[i], target, previous, middle)
		}
		previous, value, before = middle, d.means[i], before+w
	}
	return interpolateWithin(value, d.high, target, previous, before-0.5)
}

// interpolateWithin interpolates from a at x0 to b at x1 without leaving [a, b].
func interpolateWithin(a, b, x, x0, x1 float64) float64 {
	if x1 <= x0 || x >= x1 {
		return b
	}
	return min(max(a+float64((b-a)*((x-x0)/(x1-x0))), a), b)
}

// bytes returns about how much memory the digest holds.
func (d *digest) bytes() int64 { return sizeOf(d.means) + sizeOf(d.weights) + 96 }
