// Command tidemark is the one program of the project: `tidemark serve` is the server, backup, restore and inspect work on data folders,
// every other subcommand is a client of the server.
package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/tidemarkdb/tidemark/internal/cli"
)

// main runs the command line.
func main() {
	os.Exit(cli.Run(context.Background(), cli.System(), os.Args[1:], serverCommands()...))
}

// serverCommands returns the subcommands that are not clients of the API. They are made here, not in package cli, because cli knows
// the public API only.
func serverCommands() []*cobra.Command {
	return []*cobra.Command{newServeCommand(), newBackupCommand(), newRestoreCommand(), newInspectCommand(), newAuthCommand()}
}
