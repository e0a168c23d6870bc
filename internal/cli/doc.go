// Package cli is the commands of the tidemark program that are clients: query, ingest and version. They call the public
// API only, through the AWS SDK, so that they work the same against Tidemark and against the real service, and each is a
// test of the server, too. What a command needs of the world (streams, clock, signals, the terminal) comes in an Env.
//
// The work is done in packages below this one: sqltext (statements as text), render (results), csvmap (CSV files),
// loader (writing many records), when and human (times and numbers as people write them). Example:
//
//	os.Exit(cli.Run(context.Background(), cli.System(), os.Args[1:]))
package cli
