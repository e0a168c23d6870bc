package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"
	"github.com/spf13/cobra"

	"github.com/tidemarkdb/tidemark/internal/cli/loader"
	"github.com/tidemarkdb/tidemark/internal/cli/when"
	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/generator"
)

// livePause is how often live data is looked for at least.
const livePause = time.Second

// generateFlags are the flags of the generators.
type generateFlags struct {
	seed     uint64
	scale    float64
	interval when.Duration
	backfill when.Duration
	runFor   when.Duration
	once     bool
}

// generatorCommands returns a command for each generator.
func generatorCommands(env Env, shared *ingestFlags) []*cobra.Command {
	var commands []*cobra.Command
	for _, spec := range generator.Specs() {
		commands = append(commands, newGeneratorCommand(env, shared, spec))
	}
	return commands
}

// newGeneratorCommand returns the command of one generator.
func newGeneratorCommand(env Env, shared *ingestFlags, spec generator.Spec) *cobra.Command {
	var f generateFlags
	cmd := &cobra.Command{
		Use:   spec.Name + " [endpoint]",
		Short: "Generate data: " + spec.Summary,
		Long: fmt.Sprintf(`Generate data: %s.

It goes to %s.%s unless told otherwise. First comes the history, if --backfill asks for one, as fast as the server takes
it; then live data, each point when its time has come, until --for is over or Ctrl-C. The same seed gives the same
history again, so that writing it twice changes nothing.

With --rate alone, live points come as often as the rate allows; with --interval too, or for the history, the rate is
only a limit.`, spec.Summary, spec.Database, spec.Table),
		Example: fmt.Sprintf(`  tidemark ingest http://localhost:8086 %[1]s --backfill 2h
  tidemark ingest http://localhost:8086 %[1]s --backfill 12h --once --workers 8
  tidemark ingest http://localhost:8086 %[1]s --rate 5000 --for 10m --seed 7`, spec.Name),
		Args: checked(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if rest := takeEndpoint(&shared.connection, args); len(rest) > 0 {
				return &usageError{command: cmd.CommandPath(), cause: fmt.Errorf("%q is not an endpoint", rest[0])}
			}
			plan, err := f.plan(spec, shared, env.Clock.Now())
			if err != nil {
				return &usageError{command: cmd.CommandPath(), cause: err}
			}
			target := shared.target(spec.Database, spec.Table, time.Duration(f.backfill))
			return shared.load(cmd.Context(), env, target, plan.feed(env.Clock))
		},
	}
	flags := cmd.Flags()
	flags.Uint64Var(&f.seed, "seed", 1, "which of many fleets alike")
	flags.Float64Var(&f.scale, "scale", 1, "size of the fleet")
	flags.Var(&f.interval, "interval", "time between two points of a series (default depends on the source)")
	flags.Var(&f.backfill, "backfill", "write the history of this long before now first, for example 2h")
	flags.Var(&f.runFor, "for", "end after this long (default go on until Ctrl-C)")
	flags.BoolVar(&f.once, "once", false, "end after the history, or after one round of points if there is none")
	return cmd
}

// plan is what a generator command writes: history in [from, start), then live data until end.
type plan struct {
	history, live    generator.Source // either may be nil
	from, start, end time.Time        // the zero end is never
}

// plan checks the flags and returns what to write when the command starts at now.
func (f *generateFlags) plan(spec generator.Spec, shared *ingestFlags, now time.Time) (*plan, error) {
	if f.once && f.runFor > 0 {
		return nil, errors.New("--once and --for exclude each other")
	}
	if err := shared.check(); err != nil {
		return nil, err
	}
	options := generator.Options{Seed: f.seed, Scale: f.scale, Interval: time.Duration(f.interval)}
	source, err := spec.Open(options)
	if err != nil {
		return nil, err
	}
	p := &plan{start: now, from: now.Add(-time.Duration(f.backfill))}
	switch {
	case f.backfill > 0:
		p.history = source
	case f.once:
		// One round: the last point of each series.
		p.history, p.from, p.start = source, now.Add(1-source.Interval()), now.Add(1)
	}
	if f.once {
		return p, nil
	}
	if f.runFor > 0 {
		p.end = now.Add(time.Duration(f.runFor))
	}
	p.live = source
	if shared.rate > 0 && f.interval == 0 {
		perRound := float64(source.PerRound()) / shared.rate * float64(time.Second)
		options.Interval = max(time.Millisecond, time.Duration(perRound))
		p.live, err = spec.Open(options)
	}
	return p, err
}

// feed returns the records of the plan.
func (p *plan) feed(c clock.Clock) loader.Feed {
	return func(ctx context.Context, sink *loader.Sink) error {
		var convert converter
		if p.history != nil {
			from, to := p.from.UnixNano(), p.start.UnixNano()
			total := generator.Estimate(p.history, from, to)
			if err := sink.Begin(ctx, &loader.Phase{Name: "history", Total: total}); err != nil {
				return err
			}
			if err := convert.send(ctx, sink, p.history, from, to); err != nil {
				return err
			}
		}
		if p.live == nil {
			return sink.Flush(ctx)
		}
		return p.feedLive(ctx, sink, c, &convert)
	}
}

// feedLive sends each point when its time has come.
func (p *plan) feedLive(ctx context.Context, sink *loader.Sink, c clock.Clock, convert *converter) error {
	phase := &loader.Phase{Name: "live"}
	if !p.end.IsZero() {
		phase.Total = generator.Estimate(p.live, p.start.UnixNano(), p.end.UnixNano())
	}
	if err := sink.Begin(ctx, phase); err != nil {
		return err
	}
	for sent := p.start; ; {
		now := c.Now()
		last := !p.end.IsZero() && !now.Before(p.end)
		if last {
			now = p.end
		}
		if err := convert.send(ctx, sink, p.live, sent.UnixNano(), now.UnixNano()); err != nil {
			return err
		}
		if err := sink.Flush(ctx); err != nil || last {
			return err
		}
		sent = now
		pause := min(livePause, max(p.live.Interval(), 10*time.Millisecond))
		if !p.end.IsZero() {
			pause = min(pause, p.end.Sub(now))
		}
		if err := loader.Sleep(ctx, c, pause); err != nil {
			return err
		}
	}
}

// converter turns records of a source into those of the write client. What many records share is made once.
type converter struct {
	dimensions map[*generator.Dimension][]types.Dimension
	names      map[string]*string
	time       int64
	timeText   *string
}

// send sends the records of a stretch of time.
func (c *converter) send(ctx context.Context, sink *loader.Sink, source generator.Source, from, to int64) error {
	for r := range source.Records(from, to) {
		if err := sink.Add(ctx, c.record(r), 1); err != nil {
			return err
		}
	}
	return nil
}

// record returns a record in the form of the write client.
func (c *converter) record(r generator.Record) types.Record {
	out := types.Record{
		Dimensions: c.shared(r.Dimensions), MeasureName: c.name(r.Measure), Time: c.timestamp(r.Time), TimeUnit: types.TimeUnitMilliseconds,
	}
	if len(r.Attributes) == 0 {
		out.MeasureValueType, out.MeasureValue = types.MeasureValueType(r.Value.Kind.String()), aws.String(r.Value.String())
		return out
	}
	out.MeasureValueType = types.MeasureValueTypeMulti
	for _, a := range r.Attributes {
		out.MeasureValues = append(out.MeasureValues, types.MeasureValue{
			Name: c.name(a.Name), Value: aws.String(a.Value.String()), Type: types.MeasureValueType(a.Value.Kind.String()),
		})
	}
	return out
}

// shared returns dimensions in the form of the write client, converted once for each series.
func (c *converter) shared(dimensions []generator.Dimension) []types.Dimension {
	if converted, ok := c.dimensions[&dimensions[0]]; ok {
		return converted
	}
	converted := make([]types.Dimension, len(dimensions))
	for i, d := range dimensions {
		converted[i] = types.Dimension{Name: c.name(d.Name), Value: c.name(d.Value)}
	}
	if c.dimensions == nil {
		c.dimensions = map[*generator.Dimension][]types.Dimension{}
	}
	c.dimensions[&dimensions[0]] = converted
	return converted
}

// name returns a pointer to a text, the same for equal texts.
func (c *converter) name(s string) *string {
	if shared, ok := c.names[s]; ok {
		return shared
	}
	if c.names == nil {
		c.names = map[string]*string{}
	}
	c.names[s] = &s
	return &s
}

// timestamp returns a time in milliseconds. Records of one time come together and share it.
func (c *converter) timestamp(nanoseconds int64) *string {
	if c.timeText == nil || c.time != nanoseconds {
		c.time = nanoseconds
		c.timeText = aws.String(strconv.FormatInt(nanoseconds/int64(time.Millisecond), 10))
	}
	return c.timeText
}
