package series

import (
	"runtime"
	"sync"

	"github.com/cespare/xxhash/v2"
)

// enter makes findable what a definition has added: values by their text, series by their name, dimensions and values. The
// caller holds the lock.
func (ix *Index) enter(d *Def) {
	switch d.Kind {
	case DefMeasure:
		ix.measureSeries.places = append(ix.measureSeries.places, 0)
	case DefValue:
		dim := ix.dims[d.Dim]
		dim.enter(d.Number)
		dim.series.places = append(dim.series.places, 0)
	case DefSeries:
		for i, dim := range d.Dims {
			ix.dims[dim].series.add(d.Codes[i], d.Number)
		}
		ix.measureSeries.add(d.Measure, d.Number)
		ix.enterSeries(d.Number)
	}
}

// enterSeries makes the series that was added last findable.
func (ix *Index) enterSeries(id uint32) {
	if !ix.numbers.has(len(ix.shapeOf)) {
		ix.numbers.build(len(ix.shapeOf), ix.hashes())
		return
	}
	s := &ix.shapes[ix.shapeOf[id]]
	codes := ix.codes[ix.start[id]:]
	sum := uint64(0)
	for k, d := range s.dims {
		x := ix.dims[d]
		sum += hashDim(x.name, x.values[codes[k]])
	}
	ix.numbers.add(Join(ix.measureNames[s.measure], sum), id)
}

// enterAll makes everything findable. For many things it is much faster than entering one after the other, and dimensions
// are done side by side. The caller holds the lock.
func (ix *Index) enterAll() {
	jobs := []func(){
		func() { ix.numbers.build(len(ix.shapeOf), ix.hashes()) },
		func() {
			ix.measureSeries.build(len(ix.measures), len(ix.shapeOf), func(id uint32) int32 {
				return int32(ix.shapes[ix.shapeOf[id]].measure)
			})
		},
	}
	for n, d := range ix.dims {
		jobs = append(jobs, func() {
			d.enterAll()
			places := ix.placesIn(uint32(n))
			d.series.build(len(d.values), len(ix.shapeOf), func(id uint32) int32 {
				if p := places[ix.shapeOf[id]]; p >= 0 {
					return int32(ix.codes[ix.start[id]+uint32(p)])
				}
				return -1
			})
		})
	}
	var workers sync.WaitGroup
	turns := make(chan struct{}, runtime.GOMAXPROCS(0))
	for _, job := range jobs {
		turns <- struct{}{}
		workers.Go(func() {
			job()
			<-turns
		})
	}
	workers.Wait()
	ix.weigh()
}

// placesIn returns, by shape, where a dimension is among the shape's dimensions, -1 for nowhere.
func (ix *Index) placesIn(dim uint32) []int32 {
	places := make([]int32, len(ix.shapes))
	for i := range ix.shapes {
		places[i] = -1
		for k, d := range ix.shapes[i].dims {
			if d == dim {
				places[i] = int32(k)
			}
		}
	}
	return places
}

// hashes returns a function for the hash of each series. Each value is hashed once, not once for each series that has it.
func (ix *Index) hashes() func(id uint32) uint64 {
	values := make([][]uint64, len(ix.dims))
	for i, d := range ix.dims {
		name := xxhash.Sum64String(d.name)
		values[i] = make([]uint64, len(d.values))
		for k, v := range d.values {
			values[i][k] = joinDim(name, xxhash.Sum64String(v))
		}
	}
	measures := make([]uint64, len(ix.measures))
	for i, m := range ix.measures {
		measures[i] = xxhash.Sum64String(m.name)
	}
	return func(id uint32) uint64 {
		s := &ix.shapes[ix.shapeOf[id]]
		codes := ix.codes[ix.start[id]:]
		sum := uint64(0)
		for k, d := range s.dims {
			sum += values[d][codes[k]]
		}
		return join(measures[s.measure], sum)
	}
}

// Memory of things whose number is small, about: their names, entries of maps and structs.
const (
	dimensionBytes = 300
	measureBytes   = 250
	columnBytes    = 100
	shapeBytes     = 150
)

// weigh notes how much memory the index holds. It costs little, and is done after each change. The caller holds the lock.
func (ix *Index) weigh() {
	n := ix.texts.bytes + ix.numbers.bytes() + ix.measureSeries.bytes()
	n += 4 * int64(cap(ix.shapeOf)+cap(ix.start)+cap(ix.codes))
	n += dimensionBytes*int64(len(ix.dims)) + measureBytes*int64(len(ix.measures)) + columnBytes*int64(len(ix.columns)) + shapeBytes*int64(len(ix.shapes))
	for _, d := range ix.dims {
		n += 16*int64(cap(d.values)) + d.numbers.bytes() + d.series.bytes()
	}
	ix.memory.Store(n)
}

// Bytes returns about how much memory the index holds. It takes no lock.
func (ix *Index) Bytes() int64 { return ix.memory.Load() + ix.ordered.memory.Load() }
