package generator

import (
	"maps"
	"slices"
	"testing"
	"time"
)

// where is a filter of a statement: measure name and dimensions.
type where struct {
	measure string
	dims    map[string]string
}

func (w where) meets(r Record) bool {
	if w.measure != r.Measure {
		return false
	}
	for name, value := range w.dims {
		if r.Dimension(name) != value {
			return false
		}
	}
	return true
}

// percentile returns the value below which the share p of values lies.
func percentile(values []float64, p float64) float64 {
	slices.Sort(values)
	return values[int(p*float64(len(values)-1))]
}

// fleets are the sizes at which the workshop's statements must have something to show.
var fleets = map[string]Options{
	"smallest": {Seed: 1, Scale: 0.01}, "demo": {Seed: 2, Scale: DemoScale}, "original": {Seed: 3},
}

// The filters of the workshop's devops statements, word for word (queries/workshop). Each must meet rows in two hours.
func TestDevopsFiltersMeetRows(t *testing.T) {
	zeusSilo := map[string]string{
		"region": "ap-northeast-1", "cell": "ap-northeast-1-cell-5", "silo": "ap-northeast-1-cell-5-silo-2",
		"availability_zone": "ap-northeast-1-3", "microservice_name": "zeus",
	}
	zeusHosts := maps.Clone(zeusSilo)
	zeusHosts["instance_type"], zeusHosts["os_version"] = "m5.4xlarge", "AL2"
	filters := map[string]where{
		"01 hosts per microservice": {"cpu_user", map[string]string{"region": "us-east-1"}},
		"02 high cpu share": {"cpu_user", map[string]string{
			"region": "ap-northeast-1", "cell": "ap-northeast-1-cell-5", "microservice_name": "zeus"}},
		"03 memory": {"memory_used", map[string]string{"region": "us-east-1", "cell": "us-east-1-cell-1"}},
		"03 gc pause": {"gc_pause", map[string]string{"region": "us-east-1", "cell": "us-east-1-cell-1",
			"silo": "us-east-1-cell-1-silo-1"}},
		"04 memory distribution": {"memory_used", map[string]string{"microservice_name": "zeus"}},
		"06 low cpu hosts":       {"cpu_used", map[string]string{"microservice_name": "apollo"}},
		"07 task end states": {"task_end_state", map[string]string{
			"region": "ap-northeast-1", "cell": "ap-northeast-1-cell-1", "microservice_name": "apollo"}},
		"08 gc pause time series":   {"gc_pause", zeusSilo},
		"09 list hosts":             {"cpu_user", map[string]string{"region": "us-east-1"}},
		"11 instances in each zone": {"cpu_user", nil},
	}
	for _, measure := range []string{
		"cpu_user", "cpu_system", "cpu_idle", "cpu_iowait", "cpu_steal", "cpu_nice", "cpu_si", "cpu_hi",
	} {
		filters["05 cpu by state: "+measure] = where{measure, zeusHosts}
	}
	for name, o := range fleets {
		t.Run(name, func(t *testing.T) {
			met := map[string]int{}
			from, to := hoursBack(0.1)
			for r := range open(t, "devops", o).Records(from, to) {
				for statement, w := range filters {
					if w.meets(r) {
						met[statement]++
					}
				}
			}
			for statement := range filters {
				if met[statement] == 0 {
					t.Errorf("statement %s meets no rows", statement)
				}
			}
		})
	}
}

// Statement 01 shows five gauges: each microservice has hosts in us-east-1.
func TestDevopsEveryMicroserviceHasHosts(t *testing.T) {
	names := map[string]bool{}
	from, to := hoursBack(0.02)
	for r := range open(t, "devops", fleets["smallest"]).Records(from, to) {
		if (where{"cpu_user", map[string]string{"region": "us-east-1"}}).meets(r) {
			names[r.Dimension("microservice_name")] = true
		}
	}
	want := []string{"apollo", "athena", "demeter", "hercules", "zeus"}
	if got := slices.Sorted(maps.Keys(names)); !slices.Equal(got, want) {
		t.Errorf("microservices %v, want %v", got, want)
	}
}

// Statements 02 and 06 count hosts by their 90th percentile: there are some above, some below, at any hour of the day.
func TestDevopsHasBusyAndIdleHosts(t *testing.T) {
	for hour := range 24 {
		to := testNow.Add(time.Duration(hour) * time.Hour).UnixNano()
		from := to - int64(2*time.Hour)
		busy := map[string][]float64{}
		idle := map[string][]float64{}
		zeus := where{"cpu_user", map[string]string{"cell": "ap-northeast-1-cell-5", "microservice_name": "zeus"}}
		apollo := where{"cpu_used", map[string]string{"microservice_name": "apollo"}}
		for r := range open(t, "devops", Options{Scale: 0.03, Interval: 5 * time.Minute}).Records(from, to) {
			host := r.Dimension("silo") + r.Dimension("instance_name")
			if zeus.meets(r) {
				busy[host] = append(busy[host], r.Value.Float)
			}
			if apollo.meets(r) {
				idle[host] = append(idle[host], r.Value.Float)
			}
		}
		high, low := 0, 0
		for _, v := range busy {
			if percentile(v, 0.9) > 80 {
				high++
			}
		}
		for _, v := range idle {
			if percentile(v, 0.9) < 20 {
				low++
			}
		}
		if high == 0 || high == len(busy) || low == 0 || low == len(idle) {
			t.Errorf("hour %d: %d of %d zeus hosts are busy, %d of %d apollo hosts are idle", hour, high, len(busy), low, len(idle))
		}
	}
}

func TestDevopsFleetIsTheOriginals(t *testing.T) {
	d, err := NewDevops(Options{})
	if err != nil {
		t.Fatal(err)
	}
	processes := 0
	dims := map[string]bool{}
	for _, s := range d.servers {
		processes += len(s.processes)
		dims[seriesOf(Record{Dimensions: s.dims})] = true
	}
	if len(d.servers) != 1010 || len(dims) != 1010 || processes != 1212 {
		t.Errorf("%d servers (%d distinct) and %d processes, want 1010 and 1212", len(d.servers), len(dims), processes)
	}
	want := 1010*21 + 1212*5
	if d.PerRound() != want {
		t.Errorf("%d records in a round, want %d", d.PerRound(), want)
	}
}

// A larger fleet has the servers of the smaller one, with the same data.
func TestDevopsGrowsByAddingServers(t *testing.T) {
	from, to := hoursBack(0.02)
	small := bySeriesAndTime(collect(open(t, "devops", Options{Scale: 0.1}), from, to))
	for _, scale := range []float64{0.3, 1, 2.5} {
		large := bySeriesAndTime(collect(open(t, "devops", Options{Scale: scale}), from, to))
		for p, r := range small {
			if large[p].Value != r.Value {
				t.Fatalf("scale %v: %s is %v, was %v", scale, p.series, large[p].Value, r.Value)
			}
		}
	}
}

func TestDevopsValuesAgree(t *testing.T) {
	from, to := hoursBack(24)
	d := open(t, "devops", Options{Scale: 0.01, Interval: 17 * time.Minute})
	sums := map[point]map[string]float64{}
	states := map[string]int{}
	var pauses []float64
	for r := range d.Records(from, to) {
		switch r.Measure {
		case "task_end_state":
			states[r.Value.Text]++
		case "gc_pause":
			pauses = append(pauses, r.Value.Float)
		case "task_completed":
			if r.Value.Kind != Bigint || r.Value.Int < 0 || r.Value.Int > 500 {
				t.Fatalf("task_completed %+v", r.Value)
			}
		default:
			host := point{r.Dimension("silo") + r.Dimension("instance_name") + r.Dimension("process_name"), r.Time}
			if sums[host] == nil {
				sums[host] = map[string]float64{}
			}
			sums[host][r.Measure] = r.Value.Float
		}
	}
	for at, m := range sums {
		if used, ok := m["cpu_used"]; ok {
			if total := used + m["cpu_idle"] + m["cpu_iowait"]; total < 99.999 || total > 100.001 || m["cpu_idle"] < 0 {
				t.Fatalf("%v: cpu adds up to %v: %v", at, total, m)
			}
			if m["memory_free"] <= 0 || m["disk_free"] <= 0 {
				t.Fatalf("%v: nothing free: %v", at, m)
			}
		}
	}
	if p50, p99 := percentile(pauses, 0.5), percentile(pauses, 0.99); p99 < 4*p50 {
		t.Errorf("gc_pause is not skewed: p50 %v, p99 %v", p50, p99)
	}
	if len(states) != len(taskEndStates) || states["SUCCESS_WITH_RESULT"] < 20*states["THROTTLED"] {
		t.Errorf("task end states %v", states)
	}
}

// The iot statements name host-fj2hx and the sample queries host-24Gju. In any two hours host-fj2hx has gaps for the
// interpolation to fill and values under 5, later than a minute after its oldest one, for the filter to find.
func TestIoTHosts(t *testing.T) {
	for hour := range 24 {
		to := testNow.Add(time.Duration(hour)*time.Hour + time.Duration(hour)*7*time.Minute).UnixNano()
		from := to - int64(2*time.Hour)
		var times []int64
		low := 0
		for r := range open(t, "iot", Options{Seed: uint64(hour), Scale: 0.01}).Records(from, to) {
			if r.Measure != "cpu_utilization" || r.Dimension("hostname") != "host-fj2hx" {
				continue
			}
			times = append(times, r.Time)
			if r.Value.Float < 5 && r.Time > times[0]+int64(time.Minute) {
				low++
			}
		}
		gaps := 0
		for i := range times[1:] {
			if apart := time.Duration(times[i+1] - times[i]); apart > time.Minute {
				gaps++
			} else if apart < 5*time.Second || apart > 10*time.Second {
				t.Fatalf("points %v apart", apart)
			}
		}
		if gaps < 3 || low < 10 {
			t.Errorf("hour %d: %d gaps and %d low values", hour, gaps, low)
		}
	}
	iot, err := NewIoT(Options{})
	if err != nil {
		t.Fatal(err)
	}
	names := iot.Hostnames()
	if len(names) != 60 || !slices.Contains(names, "host-24Gju") || !slices.Contains(names, "host-fj2hx") {
		t.Errorf("hosts %v", names)
	}
}

// Statement 04 lists hosts above the average of the fleet: there are some on both sides.
func TestIoTHostsDiffer(t *testing.T) {
	sum, n := map[string]float64{}, map[string]float64{}
	var total, count float64
	from, to := hoursBack(1)
	for r := range open(t, "iot", Options{}).Records(from, to) {
		if r.Measure == "cpu_utilization" {
			sum[r.Dimension("hostname")] += r.Value.Float
			n[r.Dimension("hostname")]++
			total, count = total+r.Value.Float, count+1
		}
	}
	above := 0
	for host := range sum {
		if sum[host]/n[host] > total/count {
			above++
		}
	}
	if above < 10 || above > 50 {
		t.Errorf("%d of 60 hosts are above the average", above)
	}
}

// The article's statements ask for three devices by 44 properties, one system and product by 8, and value > 0.
func TestIoTMetricsServeTheArticle(t *testing.T) {
	source, err := NewIoTMetrics(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(StateProperties) != 44 || len(TrendProperties) != 8 || source.PerRound() != 30*52 {
		t.Fatalf("%d and %d properties, %d series", len(StateProperties), len(TrendProperties), source.PerRound())
	}
	device := source.Devices()[0]
	attributes := map[string]Kind{}
	seen := map[string]int{}
	from, to := hoursBack(0.3)
	for r := range source.Records(from, to) {
		if r.Measure != "metrics" || len(r.Dimensions) != 6 {
			t.Fatalf("%+v", r)
		}
		for _, a := range r.Attributes {
			attributes[a.Name] = a.Value.Kind
			if a.Name == "value" && a.Value.Float <= 0 {
				t.Fatalf("value %v", a.Value)
			}
		}
		if r.Dimension("systemId") == device.SystemID && r.Dimension("productKey") == device.ProductKey {
			seen[r.Dimension("name")]++
		}
	}
	want := map[string]Kind{"value": Double, "stringValue": Varchar, "checkFailedMsg": Varchar, "requestId": Varchar}
	if !maps.Equal(attributes, want) {
		t.Errorf("attributes %v, want %v", attributes, want)
	}
	for _, name := range append(slices.Clone(TrendProperties), StateProperties...) {
		if seen[name] != 18 {
			t.Errorf("%s has %d records in 18 minutes", name, seen[name])
		}
	}
}
