// Package loader writes many records to a table: batches of a hundred sent by several workers, common attributes where
// they make the request smaller, a limit on the rate, retries, rejected records counted by reason, and progress on the
// terminal. Where the records come from is the Feed's business. It talks to the public API only. Example:
//
//	load := loader.New(client, loader.Options{Database: "iot", Table: "host_metrics", Workers: 4})
//	err := load.Run(ctx, func(ctx context.Context, sink *loader.Sink) error {
//		return sink.Add(ctx, record, 1)
//	})
//	fmt.Println(load.Stats().Stored)
package loader
