package generator

import (
	"fmt"
	"math"
	"time"
)

// Options chooses the records of a source. The zero value works.
type Options struct {
	// Seed picks one of many fleets alike. Any value is fine.
	Seed uint64
	// Scale multiplies the number of series. Default 1, at most ScaleMax; every source has a smallest fleet below which
	// it does not go.
	Scale float64
	// Interval is the mean time between two points of a series. The default depends on the source; at least 1 ms.
	Interval time.Duration
}

// ScaleMax is the largest scale: a thousand times the original fleet is a million hosts.
const ScaleMax = 1000

// settle checks o and fills in what is not set.
func (o Options) settle(interval time.Duration) (Options, error) {
	if o.Scale == 0 {
		o.Scale = 1
	}
	if o.Interval == 0 {
		o.Interval = interval
	}
	if math.IsNaN(o.Scale) || o.Scale < 0 || o.Scale > ScaleMax {
		return o, fmt.Errorf("scale %v is not between 0 and %d", o.Scale, ScaleMax)
	}
	if o.Interval < time.Millisecond {
		return o, fmt.Errorf("interval %v is shorter than 1ms", o.Interval)
	}
	o.Interval = o.Interval.Truncate(time.Millisecond)
	return o, nil
}

// scaled returns about n times the scale, at least low.
func (o Options) scaled(n, low int) int {
	return max(low, int(math.Round(float64(n)*o.Scale)))
}
