package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tidemarkdb/tidemark/internal/access"
)

// newAuthCommand returns the commands for the file of users, which work on files alone: no server is asked.
func newAuthCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "auth", Short: "Make access keys and check the file of users"}
	cmd.AddCommand(newAuthUserCommand(), newAuthKeyCommand(), newAuthCheckCommand())
	return cmd
}

// newAuthUserCommand prints a user with a new access key.
func newAuthUserCommand() *cobra.Command {
	var keyFile string
	var policies []string
	cmd := &cobra.Command{
		Use:   "new-user NAME",
		Short: "Print a file of users with one user and a new access key",
		Long: `Print a file of users with one user and a new access key. The secret is printed to standard error, too, for whoever will use it: with --auth-key-file the
file has it only encrypted.`,
		Example: "  (umask 077; tidemark auth new-user alice > users.json)\n  tidemark serve --auth-file users.json",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&keyFile, "auth-key-file", "", "encrypt the secret with the key in this file")
	cmd.Flags().StringSliceVar(&policies, "policy", []string{"AmazonTimestreamFullAccess", "AmazonS3FullAccess"}, "policies to attach")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		id, secret := access.NewAccessKey()
		entry := access.KeyEntry{AccessKeyID: id, Secret: secret}
		if keyFile != "" {
			key, err := access.ReadKey(keyFile)
			if err != nil {
				return err
			}
			c, err := access.NewCipher(key)
			if err != nil {
				return err
			}
			entry = access.KeyEntry{AccessKeyID: id, Encrypted: c.Encrypt(id, secret)}
		}
		file := access.File{Users: []access.User{{UserName: args[0], Granted: access.Granted{AccessKeys: []access.KeyEntry{entry}, AttachedPolicies: policies}}}}
		text, err := json.MarshalIndent(file, "", "  ")
		if err != nil {
			return err
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "AWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\n", id, secret)
		fmt.Fprintf(cmd.OutOrStdout(), "%s\n", text)
		return nil
	}
	return cmd
}

// newAuthKeyCommand prints a key for --auth-key-file.
func newAuthKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "new-key",
		Short:   "Print a new key to encrypt secrets with, for --auth-key-file",
		Example: "  (umask 077; tidemark auth new-key > auth.key)",
		Args:    cobra.NoArgs,
		Run:     func(cmd *cobra.Command, _ []string) { fmt.Fprintln(cmd.OutOrStdout(), access.NewKey()) },
	}
}

// newAuthCheckCommand checks a file of users before a server does.
func newAuthCheckCommand() *cobra.Command {
	var keyFile, account string
	cmd := &cobra.Command{Use: "check FILE", Short: "Check a file of users", Args: cobra.ExactArgs(1)}
	cmd.Flags().StringVar(&keyFile, "auth-key-file", "", "the key that secrets are encrypted with")
	cmd.Flags().StringVar(&account, "account-id", "000000000000", "the account that the server will have")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		opts := access.Options{Path: args[0], AccountID: account, SessionKey: make([]byte, access.KeyBytes)}
		if keyFile != "" {
			key, err := access.ReadKey(keyFile)
			if err != nil {
				return err
			}
			if opts.Cipher, err = access.NewCipher(key); err != nil {
				return err
			}
		}
		d, err := access.Open(opts)
		if err != nil {
			return err
		}
		for _, w := range d.Warnings() {
			fmt.Fprintln(cmd.OutOrStdout(), "warning:", w)
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s is good: %d active access keys\n", args[0], d.Keys())
		return nil
	}
	return cmd
}
