package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"
	"github.com/spf13/cobra"

	"github.com/tidemarkdb/tidemark/internal/cli/csvmap"
	"github.com/tidemarkdb/tidemark/internal/cli/loader"
	"github.com/tidemarkdb/tidemark/internal/clock"
)

// What the csv command assumes.
const (
	// badStartMax is how many lines may make no record before the first that does: with more the layout is wrong.
	badStartMax = 100
	// stampReach is how far back the stamps of the sample file go: 126,000 records 50 ms apart.
	stampReach = 105 * time.Minute

	sampleDatabase, sampleTable = "iot", "host_metrics"
)

// csvFlags are the flags of `tidemark ingest csv`.
type csvFlags struct {
	dimensions        string
	measureName       string
	measureNameColumn string
	measureColumn     string
	measureType       string
	measures          string
	timeColumn        string
	timeUnit          string
	times             string
	delimiter         string
	header            bool
	loop              bool
}

// newCSVCommand returns the command `tidemark ingest csv`.
func newCSVCommand(env Env, shared *ingestFlags) *cobra.Command {
	var f csvFlags
	cmd := &cobra.Command{
		Use:   "csv [endpoint] FILE...",
		Short: "Load CSV files",
		Long: `Load CSV files, - for the standard input.

Without flags about columns the files are those of the Timestream sample applications, sample.csv or sample-multi.csv, and
go to iot.host_metrics. Record number i gets the time now - i * 50 ms, as the sample loaders do.

Other files are described by flags. A column is named by its position from 0 or by its name in the heading. A record is a
single-measure one (--measure-value-column with --measure-name or --measure-name-column), or a multi-measure one with
several attributes (--measures with --measure-name). Times are whole numbers in --time-unit, or dates with a time of day.
Empty fields are left out. A line that makes no record is counted as rejected and the next one is read.`,
		Example: `  tidemark ingest http://localhost:8086 csv sample.csv
  tidemark ingest http://localhost:8086 csv --loop --rate 1000 sample.csv
  tidemark ingest csv --database home --table power --dimensions room=0,device=1 \
      --measure-name power --measure-value-column 3 --time-column 2 --time-unit s power.csv
  tidemark ingest csv --database home --table climate --dimensions room --measure-name climate \
      --measures temperature,humidity=Humidity:BIGINT --time-column timestamp climate.csv`,
		Args: checked(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			wrong := func(err error) error { return &usageError{command: cmd.CommandPath(), cause: err} }
			files := takeEndpoint(&shared.connection, args)
			if len(files) == 0 {
				return wrong(errors.New("name a file"))
			}
			load, err := f.prepare(shared, files)
			if err != nil {
				return wrong(err)
			}
			target := shared.target(sampleDatabase, sampleTable, load.reach())
			return shared.load(cmd.Context(), env, target, load.feed(env.Clock, env.In))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.dimensions, "dimensions", "", "dimensions with their columns: region=0,az=Zone,hostname")
	flags.StringVar(&f.measureName, "measure-name", "", "measure name of all records")
	flags.StringVar(&f.measureNameColumn, "measure-name-column", "", "column with the measure name")
	flags.StringVar(&f.measureColumn, "measure-value-column", "", "column with the measure value")
	flags.StringVar(&f.measureType, "measure-type", "DOUBLE", "type of the measure value")
	flags.StringVar(&f.measures, "measures", "", "attributes with columns and types: cpu=3:DOUBLE,jobs=Jobs:BIGINT")
	flags.StringVar(&f.timeColumn, "time-column", "", "column with the time (default stamp records back from now)")
	flags.StringVar(&f.timeUnit, "time-unit", "ms", "unit of times that are whole numbers: s, ms, us or ns")
	flags.StringVar(&f.times, "time", "", "now-stamp: record number i gets the time now - i * 50 ms; the default without --time-column")
	flags.StringVar(&f.delimiter, "delimiter", ",", "character between fields")
	flags.BoolVar(&f.header, "header", false, "the first line is a heading (implied by columns given by name)")
	flags.BoolVar(&f.loop, "loop", false, "load the files again and again until Ctrl-C")
	return cmd
}

// csvLoad is a load of files.
type csvLoad struct {
	files  []string
	layout *csvmap.Layout // nil for the sample files
	loop   bool
}

// prepare checks the flags.
func (f *csvFlags) prepare(shared *ingestFlags, files []string) (*csvLoad, error) {
	if err := shared.check(); err != nil {
		return nil, err
	}
	load := &csvLoad{files: files, loop: f.loop}
	described := f.dimensions + f.measureName + f.measureNameColumn + f.measureColumn + f.measures + f.timeColumn
	if f.times != "" && f.times != "now-stamp" {
		return nil, fmt.Errorf("--time knows now-stamp only, not %q", f.times)
	}
	if f.times != "" && f.timeColumn != "" {
		return nil, errors.New("--time now-stamp and --time-column exclude each other")
	}
	for _, file := range files {
		if file == "-" && (f.loop || len(files) > 1) {
			return nil, errors.New("the standard input can only be read once and alone")
		}
	}
	if described == "" {
		if f.header || f.delimiter != "," {
			return nil, errors.New("describe the columns with --dimensions and the --measure flags")
		}
		return load, nil
	}
	if shared.database == "" || shared.table == "" {
		return nil, errors.New("say where the records go with --database and --table")
	}
	layout, err := f.layout()
	if err != nil {
		return nil, err
	}
	load.layout = &layout
	_, err = csvmap.NewMapper(layout, time.Time{})
	return load, err
}

// layout reads the flags that describe columns.
func (f *csvFlags) layout() (csvmap.Layout, error) {
	l := csvmap.Layout{Header: f.header}
	comma, size := utf8.DecodeRuneInString(strings.ReplaceAll(f.delimiter, `\t`, "\t"))
	if size == 0 || comma == utf8.RuneError || comma == '"' || comma == '\r' || comma == '\n' {
		return l, fmt.Errorf("--delimiter %q does not work", f.delimiter)
	}
	l.Comma = comma
	var err error
	if f.dimensions != "" {
		if l.Dimensions, err = csvmap.ParseDimensions(f.dimensions); err != nil {
			return l, err
		}
	}
	if l.TimeUnit, err = csvmap.ParseUnit(f.timeUnit); err != nil {
		return l, err
	}
	if f.timeColumn != "" {
		column, err := csvmap.ParseColumn(f.timeColumn)
		if err != nil {
			return l, err
		}
		l.Time = &column
	}
	name, err := f.name()
	if err != nil {
		return l, err
	}
	switch {
	case f.measures != "" && f.measureColumn != "":
		return l, errors.New("--measures and --measure-value-column exclude each other")
	case f.measures != "":
		l.Multi, l.MeasureName = true, name
		l.Measures, err = csvmap.ParseMeasures(f.measures)
	case f.measureColumn != "":
		measure := csvmap.Measure{Name: name}
		if measure.Type.Fixed, err = csvmap.ParseType(f.measureType); err != nil {
			return l, err
		}
		measure.Value, err = csvmap.ParseColumn(f.measureColumn)
		l.Measures = []csvmap.Measure{measure}
	}
	return l, err
}

// name returns where the measure name comes from.
func (f *csvFlags) name() (csvmap.Text, error) {
	switch {
	case f.measureName != "" && f.measureNameColumn != "":
		return csvmap.Text{}, errors.New("--measure-name and --measure-name-column exclude each other")
	case f.measureNameColumn != "":
		column, err := csvmap.ParseColumn(f.measureNameColumn)
		return csvmap.Text{From: &column}, err
	case f.measureName != "":
		return csvmap.Text{Fixed: f.measureName}, nil
	}
	return csvmap.Text{}, errors.New("name the measure with --measure-name or --measure-name-column")
}

// reach returns how far back the records go, as far as that is known.
func (l *csvLoad) reach() time.Duration {
	if l.layout == nil || l.layout.Time == nil {
		return stampReach
	}
	return 0
}

// feed returns the records of the files.
func (l *csvLoad) feed(c clock.Clock, in io.Reader) loader.Feed {
	return func(ctx context.Context, sink *loader.Sink) error {
		for {
			mapper := csvmap.NewDetector(c.Now())
			if l.layout != nil {
				var err error
				if mapper, err = csvmap.NewMapper(*l.layout, c.Now()); err != nil {
					return err
				}
			}
			for _, name := range l.files {
				if err := feedFile(ctx, sink, mapper, name, in); err != nil {
					return err
				}
			}
			if err := sink.Flush(ctx); err != nil || !l.loop {
				return err
			}
		}
	}
}

// feedFile sends the records of one file.
func feedFile(ctx context.Context, sink *loader.Sink, mapper *csvmap.Mapper, name string, in io.Reader) error {
	phase := &loader.Phase{Name: filepath.Base(name), Bytes: true}
	if name == "-" {
		phase.Name = "standard input"
	} else {
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		in = file
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			phase.Total = info.Size()
		}
	}
	if err := sink.Begin(ctx, phase); err != nil {
		return err
	}
	good, bad := 0, 0
	err := mapper.Read(in, csvmap.Sink{
		Record: func(r types.Record, bytes int64) error {
			good++
			return sink.Add(ctx, r, bytes)
		},
		Bad: func(line int, reason string) error {
			sink.Reject(reason, fmt.Sprintf("line %d of %s", line, phase.Name))
			if bad++; good == 0 && bad >= badStartMax {
				return fmt.Errorf("none of the first %d lines makes a record: check what the flags say about the columns", bad)
			}
			return ctx.Err()
		},
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("load %s: %w", phase.Name, err)
	}
	return err
}
