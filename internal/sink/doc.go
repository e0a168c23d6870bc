// Package sink writes rows of scheduled queries into tables of MySQL, MariaDB and PostgreSQL. A file names the sinks: which
// database, which table, whether rows are appended or upserted. One run of a scheduled query is one transaction, which also
// holds a row about the run in the table tidemark_runs: a run that is repeated, because nobody knows how it ended, has the
// effect of one.
//
// It knows neither schedules nor the engine: it is given rows. A run's steps:
//
//  1. Begin looks at the table (and creates it, if it may), checks each result column against its column, begins the
//     transaction and inserts the row about the run. That row is also a lock: another transaction for the same run waits.
//  2. Write converts rows and sends them in statements of many rows; it holds one statement's rows at most.
//  3. Commit sends the rest and commits. If the connection is lost meanwhile, nobody knows: the error is one to retry, and
//     the next Begin returns ErrDone if the rows are there.
//
// Errors are of the kind dberr.Unavailable if the same run can succeed later (Retryable), dberr.Execution if its rows are not what
// the table takes, and dberr.Invalid if no run can succeed before somebody changes something. Texts for clients hold what the database says about rows and columns, never a password or an
// address. Example:
//
//	sinks, err := sink.Open(config, sink.Options{LookupEnv: os.LookupEnv, ReadFile: os.ReadFile})
//	s, err := sinks.Sink("power")
//	w, err := s.Begin(ctx, sink.Run{QueryARN: arn, InvocationTime: t}, columns)
//	if errors.Is(err, sink.ErrDone) {
//		return nil
//	}
//	defer w.Abort()
//	err = w.Write(ctx, batch)
//	result, err := w.Commit(ctx)
package sink
