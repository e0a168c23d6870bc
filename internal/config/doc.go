// Package config is the only reader of the outside world's settings for the server: a flag, else its environment variable, else
// the default. Packages below get Options structs.
//
//	cfg := config.Register(cmd.Flags())
//	err := cfg.Resolve(cmd.Flags(), os.LookupEnv)
package config
