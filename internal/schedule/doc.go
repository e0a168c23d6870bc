// Package schedule runs scheduled queries: it looks what is due, runs the statements through the engine, hands the rows to
// their targets, writes reports about what could not be written, and delivers notifications to webhooks.
//
// Definitions and the state of runs are the engine's, in the catalog (engine/scheduled_runs.go). A run has two durable steps,
// its begin and its end; everything in between may happen again after a crash and must then have the same effect:
//
//   - A record has as its version when its run began, in milliseconds. The engine gives each run of a scheduled query a later
//     begin than all before it, even if the clock is set back. A run that begins again overwrites what it wrote before; a
//     later invocation begins later and wins where both write the same records. Runs of one query never overlap, and
//     invocations of the schedule run in their order.
//   - A sink writes the rows in one transaction with a row about the run, by the time of its invocation (package sink). A run
//     that begins again finds that row if the transaction was committed, whether anybody was told or not.
//   - A report has the begin in its key. One that a crash left behind is named by nobody.
//
// What was missed while the server was down is made up, in order: every invocation, up to the latest 1,500. If the clock is set back
// the next invocation is the next by the clock again, and not where a clock that was ahead has left it (Engine.ResumeSchedules).
// A failure that may pass (the disk is full) puts the run off, up to five attempts; then it has failed. Only while the database of
// a sink cannot be reached a run is tried for a day. A failure that will not pass (the statement is wrong, the table is gone)
// disables the scheduled query.
//
// # Targets
//
// The rows of a run go to the table of TargetConfiguration, if there is one, and to the sink that the tag tidemark:sink of
// the scheduled query names, if it has that tag. Both are a Target (target.go). Options.Sink finds a sink by its name;
// SinkTarget (sink.go) makes a Target of one.
//
//	s := schedule.New(schedule.Options{Engine: e, Clock: c, Logger: l, Objects: objects})
//	s.Run(ctx) // until ctx ends
package schedule
