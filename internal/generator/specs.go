package generator

// Spec describes a source that can be asked for by name.
type Spec struct {
	Name            string // as in `tidemark ingest <name>`
	Database, Table string // where its records go unless told otherwise
	Summary         string // one line
	Open            func(Options) (Source, error)
}

// Specs returns all sources.
func Specs() []Spec {
	return []Spec{
		{
			Name: "devops", Database: "devops", Table: "metrics",
			Summary: "servers of five microservices in seven regions: CPU, memory, disk and network metrics, task and GC events",
			Open:    func(o Options) (Source, error) { return opened(NewDevops(o)) },
		},
		{
			Name: "iot", Database: "iot", Table: "host_metrics",
			Summary: "hosts that report CPU and memory utilization every 5 to 10 seconds, some with gaps",
			Open:    func(o Options) (Source, error) { return opened(NewIoT(o)) },
		},
		{
			Name: "iot-metrics", Database: "iot", Table: "device_metrics",
			Summary: "energy devices with multi-measure records: one record for each device, property and minute",
			Open:    func(o Options) (Source, error) { return opened(NewIoTMetrics(o)) },
		},
	}
}

// opened keeps a nil pointer of a failed constructor from becoming a Source that is not nil.
func opened[S Source](source S, err error) (Source, error) {
	if err != nil {
		return nil, err
	}
	return source, nil
}

// DemoScale is the scale of the devops fleet in a demonstration: 200 servers instead of 1,010, so that two hours of
// history (about 770,000 records with the iot hosts) load in about two seconds.
const DemoScale = 0.2

// Demo is a table of the demonstration and what fills it.
type Demo struct {
	Spec   Spec
	Source Source
}

// DemoTables returns the tables that the workshop's dashboards query, with their sources. A scale of 1 is the size that
// DemoScale describes, and 0 stands for it.
func DemoTables(seed uint64, scale float64) ([]Demo, error) {
	if scale == 0 {
		scale = 1
	}
	var demos []Demo
	for _, spec := range Specs()[:2] {
		o := Options{Seed: seed, Scale: scale}
		if spec.Name == "devops" {
			o.Scale *= DemoScale
		}
		source, err := spec.Open(o)
		if err != nil {
			return nil, err
		}
		demos = append(demos, Demo{Spec: spec, Source: source})
	}
	return demos, nil
}
