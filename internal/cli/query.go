package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemarkdb/tidemark/internal/cli/render"
	"github.com/tidemarkdb/tidemark/internal/cli/sqltext"
	"github.com/tidemarkdb/tidemark/internal/cli/when"
)

// queryFlags are the flags of `tidemark query`.
type queryFlags struct {
	connection
	file      string
	format    string
	maxRows   int
	quiet     bool
	keepGoing bool
	macros    macroFlags
}

// macroFlags are what Grafana's macros stand for, as given.
type macroFlags struct {
	from, to                 string
	interval                 when.Duration
	database, table, measure string
}

// newQueryCommand returns the command `tidemark query`.
func newQueryCommand(env Env) *cobra.Command {
	var f queryFlags
	cmd := &cobra.Command{
		Use:   "query [endpoint] [SQL]",
		Short: "Run SQL and print the result",
		Long: `Run SQL and print the result.

The SQL is one or more statements, separated by semicolons: an argument, a file, the standard input, or, on a terminal,
typed in an interactive session (\? lists its commands). All pages of a result are fetched. How long it took, and how
much was scanned and is metered, is printed on the standard error after each result.

Grafana's macros are expanded as the Timestream data source does, so that the statement of a panel can be run as it is:
$__timeFilter, $__timeFrom, $__timeTo, $__interval, $__interval_ms, $__interval_raw_ms, $__now_ms, $__database,
$__table and $__measure. Times are RFC 3339, epoch milliseconds, or relative such as now-2h.`,
		Example: `  tidemark query http://localhost:8086
  tidemark query http://localhost:8086 "SELECT * FROM iot.host_metrics ORDER BY time DESC LIMIT 10"
  tidemark query http://localhost:8086 -f panel.sql --from now-6h --to now
  tidemark query --format csv "SHOW MEASURES FROM devops.metrics" > measures.csv
  echo "SHOW DATABASES" | AWS_ENDPOINT_URL=http://localhost:8086 tidemark query --format json`,
		Args: checked(cobra.MaximumNArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd, env, args)
		},
	}
	f.addFlags(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&f.file, "file", "f", "", "read the SQL from a file, - for the standard input")
	flags.StringVar(&f.format, "format", "table", "output format: table, csv or json")
	flags.IntVar(&f.maxRows, "max-rows", 0, "stop after so many rows of a result (default all)")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "print no times and sizes after results")
	flags.BoolVar(&f.keepGoing, "keep-going", false, "go on with the next statement after an error")
	flags.StringVar(&f.macros.from, "from", "now-1h", "start of the time range, for macros")
	flags.StringVar(&f.macros.to, "to", "now", "end of the time range, for macros")
	flags.Var(&f.macros.interval, "interval", "value of $__interval (default fits the time range)")
	flags.StringVar(&f.macros.database, "database", "", "value of $__database")
	flags.StringVar(&f.macros.table, "table", "", "value of $__table")
	flags.StringVar(&f.macros.measure, "measure", "", "value of $__measure")
	return cmd
}

// run finds out where the SQL comes from and runs it.
func (f *queryFlags) run(cmd *cobra.Command, env Env, args []string) error {
	args = takeEndpoint(&f.connection, args)
	wrong := func(err error) error { return &usageError{command: cmd.CommandPath(), cause: err} }
	switch {
	case len(args) > 1:
		return wrong(errors.New("there is more than one SQL argument: put the statement in quotes"))
	case len(args) == 1 && f.file != "":
		return wrong(errors.New("give the SQL either as an argument or with --file"))
	case f.maxRows < 0:
		return wrong(errors.New("--max-rows is negative"))
	}
	if err := render.CheckFormat(f.format); err != nil {
		return wrong(err)
	}
	if _, err := f.macros.resolve(env.Clock.Now()); err != nil {
		return wrong(err)
	}
	api, address, err := f.queryClient(cmd.Context(), env)
	if err != nil {
		return err
	}
	s := &session{
		env: env, api: api, address: address, format: f.format, maxRows: f.maxRows, status: !f.quiet, macros: f.macros,
	}
	script, name, err := f.script(env, args)
	switch {
	case err != nil:
		return err
	case script == "" && name == interactive:
		return s.interact(cmd.Context())
	default:
		return s.runScript(cmd.Context(), script, name, f.keepGoing)
	}
}

// interactive is the name of the script that is typed.
const interactive = "interactive"

// script returns the SQL and the name of the file that it comes from, "" if it comes from the command line.
func (f *queryFlags) script(env Env, args []string) (script, name string, err error) {
	switch {
	case len(args) == 1:
		return args[0], "", nil
	case f.file != "" && f.file != "-":
		text, err := os.ReadFile(f.file)
		return string(text), f.file, err
	case f.file == "" && env.InTerminal && env.OutTerminal:
		return "", interactive, nil
	}
	text, err := io.ReadAll(env.In)
	return string(text), "standard input", err
}

// resolve returns the values of the macros at a time.
func (m macroFlags) resolve(now time.Time) (sqltext.Macros, error) {
	from, err := when.Parse(m.from, now)
	if err != nil {
		return sqltext.Macros{}, fmt.Errorf("--from: %w", err)
	}
	to, err := when.Parse(m.to, now)
	if err != nil {
		return sqltext.Macros{}, fmt.Errorf("--to: %w", err)
	}
	if to.Before(from) {
		return sqltext.Macros{}, fmt.Errorf("the time range ends before it begins: --from %s --to %s", m.from, m.to)
	}
	return sqltext.Macros{
		From: from, To: to, Now: now, Interval: time.Duration(m.interval),
		Database: m.database, Table: m.table, Measure: m.measure,
	}, nil
}

// runScript runs the statements of a script one after the other, until one fails.
func (s *session) runScript(parent context.Context, script, name string, keepGoing bool) error {
	ctx, stop := s.env.Interrupts(parent)
	defer stop()
	statements := sqltext.Split(script)
	if len(statements) == 0 {
		return errors.New("there is no SQL to run")
	}
	failed := false
	for _, statement := range statements {
		err := s.run(ctx, statement.Text)
		if err == nil {
			continue
		}
		if ctx.Err() != nil {
			return &exitError{exitInterrupted}
		}
		failed = true
		if name != "" && len(statements) > 1 {
			s.say("in the statement at line %d of %s", statement.Line, name)
		}
		if !keepGoing {
			break
		}
	}
	if failed {
		return &exitError{exitFailure}
	}
	return nil
}
