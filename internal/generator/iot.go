package generator

import (
	"iter"
	"slices"
	"strings"
	"time"
)

// IoTInterval is the default mean time between two points of an iot series: they are 5 to 10 seconds apart.
const IoTInterval = 7500 * time.Millisecond

// iotHosts is the number of hosts at scale 1, the number that the workshop's sample file suggests.
const iotHosts = 60

// The hosts that the workshop's statements and the sample queries name. They are in every fleet, in this order.
const (
	hostSteady = "host-24Gju"
	hostFlaky  = "host-fj2hx"
)

// iotRegions are those of the sample file.
var iotRegions = []struct {
	name      string
	hoursEast float64
}{
	{"us-east-1", -5}, {"us-east-2", -5}, {"us-west-1", -8}, {"us-west-2", -8}, {"eu-north-1", 1}, {"ap-east-1", 8},
}

// spell is how long a flaky host does one thing: in every second spell it falls silent for two to four minutes, in the
// others it idles below 5 % for one to two.
const spell = 10 * time.Minute

// IoT is the fleet of hosts of the workshop's sample file, with two measures each.
type IoT struct {
	interval, jitter int64 // nanoseconds; a point is at most jitter away from its place on the grid
	hosts            []host
}

// host is one host of the IoT fleet.
type host struct {
	id        uint64
	hoursEast float64
	flaky     bool
	phase     int64 // nanoseconds from the grid's start
	base      float64
	dims      []Dimension
}

// NewIoT returns the fleet. Scale 1 is 60 hosts; the smallest has the two that statements name.
func NewIoT(o Options) (*IoT, error) {
	o, err := o.settle(IoTInterval)
	if err != nil {
		return nil, err
	}
	s := &IoT{interval: int64(o.Interval), jitter: int64((o.Interval / 6).Truncate(time.Millisecond))}
	names := dice(rollText(o.Seed, "host names"))
	taken := map[string]bool{hostSteady: true, hostFlaky: true}
	for i := range o.scaled(iotHosts, 2) {
		name := hostSteady
		switch {
		case i == 1:
			name = hostFlaky
		case i > 1:
			for taken[name] {
				name = "host-" + names.name(5)
			}
			taken[name] = true
		}
		s.hosts = append(s.hosts, newHost(o.Seed, name, i%4 == 1, s.interval))
	}
	return s, nil
}

// newHost returns the host of a name; all about it depends on seed and name only.
func newHost(seed uint64, name string, flaky bool, interval int64) host {
	id := rollText(seed, name)
	own := dice(id)
	where := iotRegions[own.below(int64(len(iotRegions)))]
	zone := where.name + string(rune('a'+own.below(3)))
	return host{
		id: id, hoursEast: where.hoursEast, flaky: flaky,
		phase: own.below(interval/int64(time.Millisecond)) * int64(time.Millisecond),
		base:  own.between(15, 70),
		dims:  []Dimension{{"region", where.name}, {"az", zone}, {"hostname", name}},
	}
}

// PerRound returns the number of series.
func (s *IoT) PerRound() int { return 2 * len(s.hosts) }

// Interval returns the mean time between two points of a series.
func (s *IoT) Interval() time.Duration { return time.Duration(s.interval) }

// Records yields the points host by host within each step of the grid, so that records are nearly in order of time.
func (s *IoT) Records(from, to int64) iter.Seq[Record] {
	return func(yield func(Record) bool) {
		if to <= from {
			return
		}
		// A point can lie up to interval+jitter after its step's start and up to jitter before it.
		last := floorDiv(to+s.jitter, s.interval)
		for k := floorDiv(from-s.jitter, s.interval) - 1; k <= last; k++ {
			for i := range s.hosts {
				h := &s.hosts[i]
				t := h.timeOf(k, s.interval, s.jitter)
				if t < from || t >= to || h.silent(t) {
					continue
				}
				cpu, memory := h.values(t)
				if !yield(Record{Dimensions: h.dims, Measure: "cpu_utilization", Value: cpu, Time: t}) ||
					!yield(Record{Dimensions: h.dims, Measure: "memory_utilization", Value: memory, Time: t}) {
					return
				}
			}
		}
	}
}

// timeOf returns the time of the host's point at step k of the grid.
func (h *host) timeOf(k, interval, jitter int64) int64 {
	d := roll(h.id, uint64(k), 1)
	off := int64(0)
	if jitter > 0 {
		const ms = int64(time.Millisecond)
		off = d.below(2*jitter/ms+1)*ms - jitter
	}
	return k*interval + h.phase + off
}

// inSpell reports whether t lies in the part of its spell, between low and high long, in which the host is off its way,
// and whether the spell is an even one.
func (h *host) inSpell(t int64, low, high time.Duration) (inside, even bool) {
	n := floorDiv(t, int64(spell))
	d := roll(h.id, uint64(n), 2)
	length := int64(d.between(float64(low), float64(high)))
	start := n*int64(spell) + d.below(int64(spell)-length)
	return t >= start && t < start+length, n&1 == 0
}

// silent reports whether the host sends nothing at t.
func (h *host) silent(t int64) bool {
	if !h.flaky {
		return false
	}
	inside, even := h.inSpell(t, 2*time.Minute, 4*time.Minute)
	return inside && even
}

// values returns CPU and memory utilization in percent.
func (h *host) values(t int64) (cpu, memory Value) {
	d := roll(h.id, uint64(t), 3)
	load := wave(t, h.hoursEast)
	use := h.base + 14*load + 16*(drift(h.id, t, 5*time.Minute)-0.5) + 3*d.bell()
	if h.flaky {
		if inside, even := h.inSpell(t, time.Minute, 2*time.Minute); inside && !even {
			use = d.between(0.5, 4.5)
		}
	}
	share := 30 + 0.4*h.base + 10*load + 8*drift(h.id+1, t, 30*time.Minute) + d.bell()
	return double(hundredths(min(use, 99.9), 0.1)), double(hundredths(min(share, 99.9), 1))
}

// Hostnames returns the names of the hosts, sorted.
func (s *IoT) Hostnames() []string {
	var names []string
	for _, h := range s.hosts {
		names = append(names, h.dims[2].Value)
	}
	slices.SortFunc(names, strings.Compare)
	return names
}
