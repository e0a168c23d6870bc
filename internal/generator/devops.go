package generator

import (
	"iter"
	"math"
	"time"
)

// DevopsInterval is the default time between two points of a devops series.
const DevopsInterval = time.Minute

// devopsMetrics are the measures of a server, in the order of metricValues.
var devopsMetrics = [...]string{
	"cpu_user", "cpu_system", "cpu_idle", "cpu_iowait", "cpu_steal", "cpu_nice", "cpu_si", "cpu_hi", "cpu_used",
	"memory_free", "memory_used", "memory_cached",
	"disk_io_reads", "disk_io_writes", "latency_per_read", "latency_per_write",
	"network_bytes_in", "network_bytes_out", "disk_used", "disk_free", "file_descriptors_in_use",
}

// devopsEvents are the measures of a process, in the order of eventValues.
var devopsEvents = [...]string{"task_completed", "task_end_state", "gc_reclaimed", "gc_pause", "memory_free"}

// taskEndStates are how tasks end, with the share of tasks that do, in thousandths up to and including this state.
var taskEndStates = []struct {
	name string
	upTo int64
}{
	{"SUCCESS_WITH_RESULT", 700}, {"SUCCESS_WITH_NO_RESULT", 900}, {"USER_ERROR", 970},
	{"INTERNAL_ERROR", 980}, {"UNKNOWN", 990}, {"THROTTLED", 1000},
}

// Devops is the fleet of the workshop: servers with 21 metrics, processes with 5 events, all in one table. The original
// has no cpu_used, but one of the workshop's statements asks for it.
type Devops struct {
	interval time.Duration
	servers  []server
	perRound int
}

// NewDevops returns the fleet. Scale 1 is 1,010 servers and 1,212 processes; the smallest is 30 and 36.
func NewDevops(o Options) (*Devops, error) {
	o, err := o.settle(DevopsInterval)
	if err != nil {
		return nil, err
	}
	d := &Devops{interval: o.Interval, servers: fleet(o)}
	for i := range d.servers {
		d.perRound += len(devopsMetrics) + len(d.servers[i].processes)*len(devopsEvents)
	}
	return d, nil
}

// PerRound returns the number of series.
func (d *Devops) PerRound() int { return d.perRound }

// Interval returns the time between two points of a series.
func (d *Devops) Interval() time.Duration { return d.interval }

// Records yields one round of all series at each whole multiple of the interval.
func (d *Devops) Records(from, to int64) iter.Seq[Record] {
	return func(yield func(Record) bool) {
		step := int64(d.interval)
		waves := make([]float64, len(regions))
		for t := ceilDiv(from, step) * step; t < to; t += step {
			for i, r := range regions {
				waves[i] = wave(t, r.hoursEast)
			}
			for i := range d.servers {
				if !d.servers[i].yieldAt(t, waves[d.servers[i].region], yield) {
					return
				}
			}
		}
	}
}

// yieldAt yields the records of one server and its processes at one time. It returns false when yield does.
func (s *server) yieldAt(t int64, wave float64, yield func(Record) bool) bool {
	for i, v := range s.metricValues(t, wave) {
		if !yield(Record{Dimensions: s.dims, Measure: devopsMetrics[i], Value: double(v), Time: t}) {
			return false
		}
	}
	for i := range s.processes {
		p := &s.processes[i]
		for j, v := range p.eventValues(t, wave) {
			if !yield(Record{Dimensions: p.dims, Measure: devopsEvents[j], Value: v, Time: t}) {
				return false
			}
		}
	}
	return true
}

// metricValues returns the metrics of a server at one time, in hundredths.
func (s *server) metricValues(t int64, wave float64) [len(devopsMetrics)]int64 {
	d := roll(s.id, uint64(t))
	own := dice(s.id) // what is fixed for the server
	base := own.between(22, 40)
	slow := drift(s.id, t, 10*time.Minute)

	var user float64
	switch s.load {
	case hot:
		user = 82 + 6*wave + 4*d.bell()
	case idle:
		user = 4 + 4*wave + 3*slow + d.bell()
	default:
		user = base + 20*wave + 16*(slow-0.5) + 3*d.bell()
	}
	var (
		cpuUser   = hundredths(min(user, 94), 0.5)
		cpuSystem = hundredths(d.between(0.4, 1.2)+user*d.between(0.005, 0.02), 0)
		cpuWait   = hundredths(d.between(0, 1.2), 0)
		cpuSteal  = hundredths(d.between(0, 0.4), 0)
		cpuNice   = hundredths(d.between(0, 0.3), 0)
		cpuSoft   = hundredths(d.between(0, 0.4), 0)
		cpuHard   = hundredths(d.between(0, 0.2), 0)
		cpuUsed   = cpuUser + cpuSystem + cpuSteal + cpuNice + cpuSoft + cpuHard
	)

	// Memory grows until a restart every six hours, at a time of the server's own.
	const life = int64(6 * time.Hour)
	age := t + own.below(life)
	leak := float64(age-floorDiv(age, life)*life) / float64(life)
	share := own.between(0.35, 0.6) + 0.12*wave + 0.1*slow + 0.08*leak + 0.005*d.bell()
	memoryUsed := hundredths(s.memoryMB*min(share, 0.97), 1)
	memoryTotal := hundredths(s.memoryMB, 0)

	diskTotal := hundredths(500, 0)
	diskUsed := hundredths(own.between(120, 350)+30*leak+2*slow, 0)
	return [...]int64{
		cpuUser, cpuSystem, 10000 - cpuUsed - cpuWait, cpuWait, cpuSteal, cpuNice, cpuSoft, cpuHard, cpuUsed,
		memoryTotal - memoryUsed, memoryUsed, hundredths(s.memoryMB*d.between(0.08, 0.12), 0),
		100 * int64(own.between(2000, 12000)*(0.4+wave)*d.between(0.8, 1.2)),
		100 * int64(own.between(1000, 9000)*(0.4+wave)*d.between(0.8, 1.2)),
		hundredths(6+4*wave+2*d.bell(), 0.3), hundredths(9+6*wave+3*d.bell(), 0.5),
		hundredths(own.between(200, 600)*(0.4+wave)*d.between(0.7, 1.3), 0),
		hundredths(own.between(800, 2600)*(0.4+wave)*d.between(0.7, 1.3), 0),
		diskUsed, diskTotal - diskUsed,
		100 * int64(own.between(1500, 2500)+600*wave+120*d.bell()),
	}
}

// eventValues returns the events of a process at one time. Pauses are skewed: most are short, a full collection in about
// one of thirty is long.
func (p *process) eventValues(t int64, wave float64) [len(devopsEvents)]Value {
	d := roll(p.id, uint64(t))
	own := dice(p.id)
	pause := own.between(8, 25) * (0.4 + d.skewed())
	if d.below(30) == 0 {
		pause *= 8
	}
	state, k := d.below(1000), 0
	for state >= taskEndStates[k].upTo {
		k++
	}
	heap := own.between(2048, 8192)
	return [...]Value{
		bigint(int64(math.Round(d.between(60, 250) * (0.5 + 1.5*wave)))),
		varchar(taskEndStates[k].name),
		double(hundredths(heap*d.between(0.1, 0.5), 0)),
		double(hundredths(min(pause, 5000), 0.1)),
		double(hundredths(heap*d.between(0.1, 0.9), 0)),
	}
}
