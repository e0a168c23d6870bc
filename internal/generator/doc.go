// Package generator makes the demonstration and load data: a fleet of servers (Devops), a fleet of small hosts that report
// irregularly (IoT), and devices with multi-measure records (IoTMetrics).
//
// A source is a pure function: the same options give the same records for the same stretch of time, however that stretch
// is cut into calls, so that tests can compute expected answers on their own, history can be written in any order, and
// writing it twice changes nothing. The package knows no server and no AWS; whoever writes the records (the ingest
// command, the demo mode of the server, a test) turns them into its own form. Example:
//
//	source, err := generator.NewDevops(generator.Options{Seed: 1})
//	for record := range source.Records(now.Add(-2*time.Hour).UnixNano(), now.UnixNano()) {
//		...
//	}
package generator
