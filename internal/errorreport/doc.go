// Package errorreport is the JSON of records that could not be written, as reports in object storage have it: those of the magnetic
// store and those of scheduled queries. Source: Timestream developer guide, error reports of scheduled queries. Example:
//
//	text := errorreport.Encode(&errorreport.Record{MeasureName: "load", Time: "1637166175635000000", TimeUnit: "NANOSECONDS"})
//	key := errorreport.Key("reports/", "devops/cpu/1.json")
package errorreport
