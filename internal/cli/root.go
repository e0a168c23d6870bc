package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// Exit statuses of the program.
const (
	exitFailure     = 1
	exitInterrupted = 130 // as shells report a program that Ctrl-C ended
)

// Run executes a command line, without the program's name, and returns the exit status. Commands in more are added to
// the ones of this package.
func Run(ctx context.Context, env Env, args []string, more ...*cobra.Command) int {
	root := newRoot(env)
	root.AddCommand(more...)
	root.SetArgs(hoistEndpoint(root, args))
	err := root.ExecuteContext(ctx)
	var exit *exitError
	var usage *usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.status
	case errors.As(err, &usage):
		_, _ = fmt.Fprintf(env.Err, "error: %v\nRun '%s --help' for usage.\n", usage.cause, usage.command)
	default:
		_, _ = fmt.Fprintf(env.Err, "error: %v\n", err)
	}
	return exitFailure
}

// exitError ends the program with a status; what is to be said has been said.
type exitError struct{ status int }

// Error is there for the interface; the status is what matters.
func (e *exitError) Error() string { return fmt.Sprintf("exit status %d", e.status) }

// usageError is a command line that makes no sense.
type usageError struct {
	command string
	cause   error
}

// Error returns what is wrong.
func (e *usageError) Error() string { return e.cause.Error() }

// newRoot returns the program with the commands of this package.
func newRoot(env Env) *cobra.Command {
	root := &cobra.Command{
		Use:   "tidemark",
		Short: "A time-series database that speaks the API and SQL of Amazon Timestream for LiveAnalytics",
		Long: `Tidemark is a time-series database that speaks the API and SQL of Amazon Timestream for LiveAnalytics.

The client commands work against Tidemark and against the real service. Where they connect to is, in this order: the
first argument if it is an endpoint such as http://localhost:8086, --endpoint, AWS_ENDPOINT_URL, the real service.
Credentials and region come from the usual AWS configuration; an endpoint of your own needs neither.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetOut(env.Out)
	root.SetErr(env.Err)
	root.SetIn(env.In)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{command: cmd.CommandPath(), cause: err}
	})
	root.AddCommand(newQueryCommand(env), newIngestCommand(env), newVersionCommand())
	return root
}

// checked makes usage errors of what an argument check complains about.
func checked(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return &usageError{command: cmd.CommandPath(), cause: err}
		}
		return nil
	}
}

// hoistEndpoint turns an endpoint that comes right after a command's name into the flag --endpoint, so that the endpoint
// may stand before the name of a subcommand: `tidemark ingest http://localhost:8086 devops`.
func hoistEndpoint(root *cobra.Command, args []string) []string {
	command := root
	for i, arg := range args {
		if sub := subcommand(command, arg); sub != nil {
			command = sub
			continue
		}
		if endpoint, ok := asEndpoint(arg); ok && command.HasSubCommands() && command.PersistentFlags().Lookup("endpoint") != nil {
			args = slices.Clone(args)
			args[i] = "--endpoint=" + endpoint
		}
		break
	}
	return args
}

// subcommand returns the command with a name below another, nil if there is none.
func subcommand(of *cobra.Command, name string) *cobra.Command {
	for _, c := range of.Commands() {
		if c.Name() == name || c.HasAlias(name) {
			return c
		}
	}
	return nil
}

// takeEndpoint sets the connection's endpoint from the first argument if that is one, and returns the other arguments.
func takeEndpoint(c *connection, args []string) []string {
	if len(args) > 0 {
		if endpoint, ok := asEndpoint(args[0]); ok {
			c.endpoint = endpoint
			return args[1:]
		}
	}
	return args
}

// asEndpoint reports whether a word is an endpoint: a URL, or host:port, which means http.
func asEndpoint(word string) (string, bool) {
	if strings.HasPrefix(word, "http://") || strings.HasPrefix(word, "https://") {
		return word, true
	}
	if hostAndPort.MatchString(word) {
		return "http://" + word, true
	}
	return "", false
}
