package main

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/tidemarkdb/tidemark/internal/config"
	"github.com/tidemarkdb/tidemark/internal/server"
)

// newServeCommand returns the server. Ctrl-C and SIGTERM stop it cleanly; a second one ends the process at once.
func newServeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: `Run the server: the API of timestream-write and timestream-query on one port.

Every flag can be given by an environment variable, too: --query-mib is TIDEMARK_QUERY_MIB.`,
		Example: `  tidemark serve --demo
  tidemark serve --data /var/lib/tidemark --listen 0.0.0.0:8086 --auth-file /etc/tidemark/users.json`,
		Args: cobra.NoArgs,
	}
	cfg := config.Register(cmd.Flags())
	printConfig := cmd.Flags().Bool("print-config", false, "print the settings in force and exit")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := cfg.Resolve(cmd.Flags(), os.LookupEnv); err != nil {
			return err
		}
		if *printConfig {
			return config.Print(cmd.OutOrStdout(), cmd.Flags())
		}
		if cfg.QueriesMax == 0 {
			cfg.QueriesMax = runtime.GOMAXPROCS(0)
		}
		spareProcessor()
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
		context.AfterFunc(ctx, stop)
		return server.Run(ctx, cfg, cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	return cmd
}

// spareProcessor lets one more thread run Go code than there are cores: one waits for the disk most of the time when records
// are written, which Go notices only after a while, and a core would be idle.
func spareProcessor() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)
	}
}
