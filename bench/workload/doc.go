// Package workload is what the benchmarks do, apart from measuring: the data, the statements, the requests, and what must
// be answered. The benchmarks in bench measure Tidemark with it, those in bench/peer other databases beside Tidemark, so
// that both do the same. Answers are computed from the records of package generator by plain Go that shares nothing with
// the product. Example:
//
//	hosts, err := workload.NewHosts(now)
//	err = hosts.Load(client)
//	answer, err := client.Query(statement)
//	err = hosts.Check(answer.Rows, before, after)
package workload
