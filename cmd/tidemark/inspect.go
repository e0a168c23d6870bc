package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemarkdb/tidemark/internal/inspect"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// newInspectCommand returns the command that looks into data folders and their files.
func newInspectCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "inspect PATH",
		Short: "Tell what is in a data folder, a backup, or one of their files",
		Long: `Tell what is in a data folder, a backup, or one of their files, and whether it is right. Nothing is changed.

A file is read and checked as a whole. Of a folder the tables are listed; with --verify everything in it is read and checked, and a start is tried
in memory. A folder must not be in use: stop the server, or inspect a backup. The exit status is 1 if anything is wrong.`,
		Example: `  tidemark inspect --verify /var/lib/tidemark
  tidemark inspect --rows 10 /var/lib/tidemark/data/tables/1/17.seg`,
		Args: cobra.ExactArgs(1),
	}
	verify := cmd.Flags().Bool("verify", false, "of a folder: read and check everything")
	rows := cmd.Flags().Int("rows", 0, "of a file: print so many of its rows")
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		report, err := look(ctx, args[0], *verify, *rows)
		if err != nil {
			return fmt.Errorf("inspect %s: %w", args[0], err)
		}
		if *asJSON {
			err = json.NewEncoder(cmd.OutOrStdout()).Encode(report)
		} else {
			err = report.Print(cmd.OutOrStdout())
		}
		if n := len(report.Problems); err == nil && n > 0 {
			err = fmt.Errorf("%s is damaged: %d found to be wrong", args[0], n)
		}
		return err
	}
	return cmd
}

// look inspects a folder or a file.
func look(ctx context.Context, path string, verify bool, rows int) (*inspect.Report, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return inspect.Folder(ctx, vfs.OS(path), inspect.FolderOptions{Verify: verify, Now: time.Now()})
	}
	return inspect.File(ctx, vfs.OS(filepath.Dir(path)), filepath.Base(path), rows)
}
