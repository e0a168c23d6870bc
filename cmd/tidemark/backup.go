package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemarkdb/tidemark/internal/backup"
	"github.com/tidemarkdb/tidemark/internal/cli"
	"github.com/tidemarkdb/tidemark/internal/cli/human"
	"github.com/tidemarkdb/tidemark/internal/config"
)

// newBackupCommand returns the command that copies a data folder.
func newBackupCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backup DEST",
		Short: "Copy a data folder, also while a server uses it",
		Long: `Copy a data folder, also while a server uses it.

DEST keeps the backups of one data folder, each in a folder of its own that is named after its time. Files that a backup there has already
are not copied again but linked (hard links); every backup is whole by itself, and any of them can be deleted. What was acknowledged before
the command began is in the backup, and every request is in it whole or not at all.

The command must run on the server's machine, as a user who may read the data folder.`,
		Example: `  tidemark backup --data /var/lib/tidemark /mnt/backups
  tidemark restore /mnt/backups/2026-11-21T060000.000Z /var/lib/tidemark-restored`,
		Args: cobra.ExactArgs(1),
	}
	data := dataFlag(cmd)
	full := cmd.Flags().Bool("full", false, "copy all files, link none")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		begun := time.Now()
		result, err := backup.Create(ctx, backup.Options{
			Data: *data, Dest: args[0], Full: *full, Release: cli.VersionLine(),
			Warn: func(text string) { _, _ = fmt.Fprintf(cmd.ErrOrStderr(), "warning: %s\n", text) },
		})
		if err != nil {
			return fmt.Errorf("back up %s: %w", *data, err)
		}
		return tellBackup(cmd.OutOrStdout(), result, time.Since(begun))
	}
	return cmd
}

// tellBackup prints what a backup has become.
func tellBackup(w io.Writer, r *backup.Result, took time.Duration) error {
	linked := ""
	if r.LinkedFiles > 0 {
		linked = fmt.Sprintf(", of which %s (%s) are shared with %s", human.Plural(int64(r.LinkedFiles), "file"), human.Bytes(r.LinkedBytes), r.Base)
	}
	_, err := fmt.Fprintf(w, "%s\n%s, %s%s, in %s\n", r.Path, human.Plural(int64(r.Files), "file"), human.Bytes(r.Bytes), linked, human.Duration(took))
	return err
}

// newRestoreCommand returns the command that brings a backup back.
func newRestoreCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "restore BACKUP DATA",
		Short: "Make a data folder from a backup",
		Long: `Make a data folder from a backup.

All checksums of the backup are checked first. DATA must be missing or empty; afterwards a server can use it. The backup stays as it is.`,
		Example: `  tidemark restore /mnt/backups/2026-11-21T060000.000Z /var/lib/tidemark
  tidemark serve --data /var/lib/tidemark`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			begun := time.Now()
			r, err := backup.Restore(ctx, backup.RestoreOptions{Backup: args[0], Data: args[1]})
			if err != nil {
				return fmt.Errorf("restore %s: %w", args[0], err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n%s, %s, checked, in %s\n",
				r.Path, human.Plural(int64(r.Files), "file"), human.Bytes(r.Bytes), human.Duration(time.Since(begun)))
			return err
		},
	}
}

// dataFlag adds the flag for the data folder, with the default and the environment variable that the server's has.
func dataFlag(cmd *cobra.Command) *string {
	value := "tidemark-data"
	if v, ok := os.LookupEnv(config.EnvName("data")); ok {
		value = v
	}
	return cmd.Flags().String("data", value, "the data folder")
}
