package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/spf13/cobra"

	"github.com/tidemarkdb/tidemark/internal/cli/human"
	"github.com/tidemarkdb/tidemark/internal/cli/loader"
)

// ingestFlags are the flags that all ways of ingesting share.
type ingestFlags struct {
	connection
	database, table string
	workers         int
	rate            float64
	attempts        int
	quiet           bool
	noCreate        bool
	memoryHours     int64
	magneticDays    int64
	magneticWrites  bool
}

// Retention of tables that are created: a day of history fits, and a demonstration does not grow for ever.
const (
	defaultMemoryHours  = 24
	defaultMagneticDays = 365
)

// newIngestCommand returns the command `tidemark ingest` with a subcommand for each source.
func newIngestCommand(env Env) *cobra.Command {
	var f ingestFlags
	cmd := &cobra.Command{
		Use:   "ingest [endpoint] SOURCE",
		Short: "Write generated data or CSV files to a table",
		Long: `Write generated data or CSV files to a table.

Records are sent in batches of 100, by several workers, and again when the server throttles or fails. Rejected records are
counted by their reasons. Ctrl-C ends cleanly. The exit status is 1 if any record was not stored.`,
		Example: `  tidemark ingest http://localhost:8086 devops --backfill 2h
  tidemark ingest http://localhost:8086 iot --backfill 2h --once
  tidemark ingest http://localhost:8086 csv sample.csv`,
		Args: checked(func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("unknown source %q", args[0])
			}
			return nil
		}),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	f.addFlags(cmd)
	flags := cmd.PersistentFlags()
	flags.StringVar(&f.database, "database", "", "database to write to (default depends on the source)")
	flags.StringVar(&f.table, "table", "", "table to write to (default depends on the source)")
	flags.IntVar(&f.workers, "workers", 4, "requests at the same time")
	flags.Float64Var(&f.rate, "rate", 0, "records a second at most, 0 for as fast as possible")
	flags.IntVar(&f.attempts, "attempts", 10, "how often a request is sent at most")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "show no progress")
	flags.BoolVar(&f.noCreate, "no-create", false, "do not create the database and the table if they are missing")
	flags.Int64Var(&f.memoryHours, "memory-hours", 0, "memory store retention of a new table (default 24, more if the history is longer)")
	flags.Int64Var(&f.magneticDays, "magnetic-days", defaultMagneticDays, "magnetic store retention of a new table")
	flags.BoolVar(&f.magneticWrites, "magnetic-writes", false, "let a new table take records older than its memory store keeps")
	for _, sub := range generatorCommands(env, &f) {
		cmd.AddCommand(sub)
	}
	cmd.AddCommand(newCSVCommand(env, &f))
	return cmd
}

// check returns an error if a shared flag makes no sense.
func (f *ingestFlags) check() error {
	switch {
	case f.workers < 1 || f.workers > 1000:
		return errors.New("--workers is not between 1 and 1000")
	case f.rate < 0:
		return errors.New("--rate is negative")
	case f.attempts < 1:
		return errors.New("--attempts is less than 1")
	case f.memoryHours < 0 || f.magneticDays < 1:
		return errors.New("a retention is less than 1")
	}
	return nil
}

// target returns the table to write to. The data goes back by reach from now.
func (f *ingestFlags) target(database, table string, reach time.Duration) loader.Table {
	t := loader.Table{
		Database: f.database, Name: f.table,
		MemoryHours: f.memoryHours, MagneticDays: f.magneticDays, MagneticWrites: f.magneticWrites, Reach: reach,
	}
	if t.Database == "" {
		t.Database = database
	}
	if t.Name == "" {
		t.Name = table
	}
	if t.MemoryHours == 0 {
		// One hour more than the history, so that its oldest records are still taken when their turn comes.
		t.MemoryHours = max(defaultMemoryHours, int64((reach+time.Hour-1)/time.Hour)+1)
	}
	return t
}

// load writes what feed makes to a table, showing progress, and prints the summary.
func (f *ingestFlags) load(parent context.Context, env Env, target loader.Table, feed loader.Feed) error {
	ctx, stop := env.Interrupts(parent)
	defer stop()

	var load *loader.Load
	api, address, err := f.writeClient(ctx, env, f.workers, loader.RetryPolicy{
		Attempts: f.attempts,
		OnRetry: func(err error) {
			if load != nil {
				load.CountRetry(err)
			}
		},
	})
	if err != nil {
		return err
	}
	progress := f.progress(env)
	if !f.noCreate {
		// Whoever names the wrong server should hear of it at once, not after all attempts that a load may take.
		impatient := timestreamwrite.New(api.Options(), func(o *timestreamwrite.Options) {
			o.Retryer = loader.NewRetryer(loader.RetryPolicy{Attempts: min(f.attempts, askAttempts)})
		})
		notes, err := loader.Ensure(ctx, impatient, target)
		for _, note := range notes {
			progress.Log(note)
		}
		switch {
		case ctx.Err() != nil:
			return &exitError{exitInterrupted}
		case err != nil:
			return errors.New(explain(err, address))
		}
	}
	load = loader.New(api, loader.Options{
		Database: target.Database, Table: target.Name, Workers: f.workers, Rate: f.rate, Clock: env.Clock, Log: progress.Log,
	})
	progress.Watch(load)
	err = load.Run(ctx, feed)
	progress.Close()
	if printErr := summarize(env, load, ctx.Err() != nil); printErr != nil && err == nil {
		err = printErr
	}
	if err != nil {
		return errors.New(explain(err, address))
	}
	if s := load.Stats(); s.Rejected+s.Failed > 0 {
		return fmt.Errorf("%s not stored", human.Plural(s.Rejected+s.Failed, "record"))
	}
	return nil
}

// progress returns how progress is shown: bars on a terminal, a line now and then elsewhere.
func (f *ingestFlags) progress(env Env) loader.Progress {
	switch {
	case f.quiet:
		return loader.Quiet{Out: env.Err}
	case env.ErrTerminal:
		return loader.NewBar(env.Err, env.Clock, env.Width())
	default:
		return loader.NewLines(env.Err, env.Clock)
	}
}

// summarize prints what became of a load.
func summarize(env Env, load *loader.Load, interrupted bool) error {
	s := load.Stats()
	line := fmt.Sprintf("%s stored in %s (%s), %s rejected, %s failed, %s sent again",
		human.Plural(s.Stored, "record"), human.Duration(s.Elapsed), human.Rate(s.Stored, s.Elapsed),
		human.Count(s.Rejected), human.Count(s.Failed), human.Plural(s.Retries, "request"))
	if interrupted {
		line = "interrupted: " + line
	}
	if _, err := fmt.Fprintln(env.Out, line); err != nil {
		return err
	}
	for _, r := range load.Reasons() {
		if _, err := fmt.Fprintf(env.Out, "%8s rejected: %s\n", human.Count(r.Count), r.Text); err != nil {
			return err
		}
	}
	return nil
}
