package config

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// Config is the settings of the server.
type Config struct {
	DataDir   string
	Listen    string
	Demo      bool
	DemoSeed  uint64
	DemoScale float64

	Region              string
	AccountID           string
	EndpointAddress     string
	TrustForwardedProto bool

	// Memory is the limit of all parts together; after Resolve it is never 0. The sizes after it are limits of parts, 0 for
	// what the whole leaves them.
	Memory        Bytes
	MemstoreMiB   int64
	SettleAfter   time.Duration
	BlockCacheMiB int64
	QueryMiB      int64
	QueriesMax    int
	QueryTimeMax  time.Duration

	// Webhooks is where notifications about scheduled queries go.
	Webhooks Webhooks
	// Objects is where exports, imports and reports are.
	Objects Objects
	// SinksFile names the file of sinks, "" for none.
	SinksFile string

	LogLevel string

	Auth        string // AuthOn, AuthOff or AuthOffInsecure after Resolve
	AuthFile    string
	AuthKeyFile string
	AuthKey     string // the key itself, from the environment alone: flags can be seen by all users of a machine
	AuthSkew    time.Duration

	TLSCert, TLSKey string // files, both or none
	ConnectionsMax  int
	RequestMiB      int64
	RateLimits      RateLimits

	AuditLog       string
	AuditQueryText bool
}

// The values of --auth.
const (
	AuthOn          = "on"
	AuthOff         = "off"
	AuthOffInsecure = "off-insecure"
)

// authKeyEnv is the environment variable with the key that secrets in the file of users are encrypted with.
const authKeyEnv = envPrefix + "AUTH_KEY"

// Register adds the flags of the server to a flag set. The Config is filled when the flags are parsed.
func Register(fs *pflag.FlagSet) *Config {
	c := &Config{}
	fs.StringVar(&c.DataDir, "data", "tidemark-data", "folder that keeps the data; made if it is missing")
	fs.StringVar(&c.Listen, "listen", "127.0.0.1:8086", "address and port to serve on")
	fs.BoolVar(&c.Demo, "demo", false, "fill the databases iot and devops with two hours of history and keep adding data")
	fs.Uint64Var(&c.DemoSeed, "demo-seed", 1, "which of many fleets alike the demo data shows")
	fs.Float64Var(&c.DemoScale, "demo-scale", 1, "how many times as many series the demo data has")
	fs.StringVar(&c.Region, "region", "us-east-1", "region in ARNs")
	fs.StringVar(&c.AccountID, "account-id", "000000000000", "account in ARNs")
	fs.StringVar(&c.EndpointAddress, "endpoint-address", "", "what DescribeEndpoints answers; default: by the request's Host and SDK")
	fs.BoolVar(&c.TrustForwardedProto, "trust-forwarded-proto", false, "believe a proxy's X-Forwarded-Proto in endpoint discovery")
	fs.Var(&c.Memory, "memory", "memory of all parts of the server together, such as 2GiB; default: half of what the machine or its control group has")
	fs.Int64Var(&c.MemstoreMiB, "memstore-mib", 0, "MiB of recent rows in memory before they are flushed to segments, if less than --memory leaves them")
	fs.DurationVar(&c.SettleAfter, "settle-after", 10*time.Minute, "how long a day of a table is left alone before its segments become one")
	fs.Int64Var(&c.BlockCacheMiB, "block-cache-mib", 0, "MiB of decoded segment data kept in memory, if less than --memory leaves them")
	fs.Int64Var(&c.QueryMiB, "query-mib", 0, "MiB that one query may hold, if less than --memory leaves all of them")
	fs.IntVar(&c.QueriesMax, "queries-max", 0, "queries that compute at the same time; 0: one for each CPU")
	fs.DurationVar(&c.QueryTimeMax, "query-time-max", time.Hour, "longest run time of a query")
	fs.Var(&c.Webhooks, "webhook", "where notifications about scheduled queries with an SNS topic go, <topic ARN>=<URL>; raw+<URL> without SNS's envelope; * for all topics; may be repeated")
	c.Objects.register(fs)
	fs.StringVar(&c.Auth, "auth", "", "on: requests must be signed by a user of --auth-file, the default if there is one; off: everybody may do everything, "+
		"on loopback addresses only; off-insecure: the same on any address")
	fs.StringVar(&c.AuthFile, "auth-file", "", "file of users, roles and policies; read again when it changes and on SIGHUP")
	fs.StringVar(&c.AuthKeyFile, "auth-key-file", "", "file with the key that secrets in --auth-file are encrypted with; or give the key in TIDEMARK_AUTH_KEY")
	fs.DurationVar(&c.AuthSkew, "auth-skew", 5*time.Minute, "how far the time of a signature may be from the server's, at most 15m")
	fs.StringVar(&c.TLSCert, "tls-cert", "", "file with the certificate and those above it, in PEM: serve HTTPS; read again when it changes and on SIGHUP")
	fs.StringVar(&c.TLSKey, "tls-key", "", "file with the key of --tls-cert, in PEM")
	fs.IntVar(&c.ConnectionsMax, "connections-max", 4096, "connections at the same time; beyond it the one that is idle for longest is closed, or new ones wait")
	fs.Int64Var(&c.RequestMiB, "request-mib", 16, "MiB that the body of WriteRecords may have; others have at most 4")
	fs.Var(&c.RateLimits, "rate-limit", "how many requests for an operation are served in a second, such as Query=20; Create* stands for all names that begin so, the first limit that fits counts; may be repeated")
	fs.StringVar(&c.SinksFile, "sinks-file", "", "JSON file of sinks: tables of MySQL and PostgreSQL that scheduled queries may write to; read again when it changes and on SIGHUP")
	fs.StringVar(&c.AuditLog, "audit-log", "", "file to which each request is written with who made it; opened anew on SIGHUP")
	fs.BoolVar(&c.AuditQueryText, "audit-query-text", false, "write the text of statements to --audit-log, too")
	fs.StringVar(&c.LogLevel, "log-level", "warn", "debug, info, warn or error")
	return c
}

// envPrefix begins the names of environment variables: --query-mib is TIDEMARK_QUERY_MIB.
const envPrefix = "TIDEMARK_"

// EnvName returns the environment variable of a flag.
func EnvName(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// Resolve takes the flags that were not given from the environment, and checks all values.
func (c *Config) Resolve(fs *pflag.FlagSet, lookup func(string) (string, bool)) error {
	var err error
	fs.VisitAll(func(f *pflag.Flag) {
		value, ok := lookup(EnvName(f.Name))
		if f.Changed || !ok || err != nil {
			return
		}
		if serr := fs.Set(f.Name, value); serr != nil {
			err = fmt.Errorf("environment variable %s: %w", EnvName(f.Name), serr)
		}
	})
	if err != nil {
		return err
	}
	c.AuthKey, _ = lookup(authKeyEnv)
	if c.Auth == "" {
		c.Auth = AuthOff
		if c.AuthFile != "" {
			c.Auth = AuthOn
		}
	}
	if c.Memory == 0 {
		c.Memory = Bytes(max(machineMemory(os.DirFS("/"))/2&^(1<<20-1), memoryMin))
	}
	if err := c.Objects.resolve(fs, c.Region, lookup); err != nil {
		return err
	}
	return c.check()
}

// memoryMin is the least memory that a server works with.
const memoryMin = 64 << 20

func (c *Config) check() error {
	for name, v := range map[string]int64{"memstore-mib": c.MemstoreMiB, "block-cache-mib": c.BlockCacheMiB, "query-mib": c.QueryMiB} {
		if v < 0 || v > 1<<20 {
			return fmt.Errorf("--%s is %d, but must be between 0 and %d", name, v, 1<<20)
		}
	}
	switch {
	case c.Memory < memoryMin:
		return fmt.Errorf("--memory is %s, but must be at least %s", c.Memory, Bytes(memoryMin))
	case c.DataDir == "":
		return fmt.Errorf("--data is empty, but must name a folder")
	case c.QueriesMax < 0 || c.QueriesMax > 4096:
		return fmt.Errorf("--queries-max is %d, but must be between 0 and 4096", c.QueriesMax)
	case c.SettleAfter <= 0:
		return fmt.Errorf("--settle-after is %s, but must be above 0", c.SettleAfter)
	case c.QueryTimeMax <= 0 || c.QueryTimeMax > 24*time.Hour:
		return fmt.Errorf("--query-time-max is %s, but must be above 0 and at most 24h", c.QueryTimeMax)
	}
	if err := errors.Join(c.checkAuth(), c.checkDoor()); err != nil {
		return err
	}
	_, err := c.Level()
	return err
}

// checkAuth checks what says who may do what.
func (c *Config) checkAuth() error {
	switch {
	case c.Auth != AuthOn && c.Auth != AuthOff && c.Auth != AuthOffInsecure:
		return fmt.Errorf("--auth is %q, but must be on, off or off-insecure", c.Auth)
	case c.Auth == AuthOn && c.AuthFile == "":
		return fmt.Errorf("--auth is on, which needs --auth-file")
	case c.Auth != AuthOn && c.AuthFile != "":
		return fmt.Errorf("--auth-file is given, but --auth is %s", c.Auth)
	case c.AuthSkew <= 0 || c.AuthSkew > 15*time.Minute:
		return fmt.Errorf("--auth-skew is %s, but must be above 0 and at most 15m", c.AuthSkew)
	case c.AuthKeyFile != "" && c.AuthKey != "":
		return fmt.Errorf("--auth-key-file and %s are both given, but there is one key", authKeyEnv)
	}
	return nil
}

// checkDoor checks what says how clients come in.
func (c *Config) checkDoor() error {
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return fmt.Errorf("--tls-cert and --tls-key belong together, but only one is given")
	case c.AuditQueryText && c.AuditLog == "":
		return fmt.Errorf("--audit-query-text is given, but no --audit-log")
	case c.ConnectionsMax < 1 || c.ConnectionsMax > 1<<20:
		return fmt.Errorf("--connections-max is %d, but must be between 1 and %d", c.ConnectionsMax, 1<<20)
	case c.RequestMiB < 1 || c.RequestMiB > 256:
		return fmt.Errorf("--request-mib is %d, but must be between 1 and 256", c.RequestMiB)
	}
	return nil
}

// Level returns the log level.
func (c *Config) Level() (slog.Level, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return l, fmt.Errorf("--log-level is %q, but must be debug, info, warn or error", c.LogLevel)
	}
	return l, nil
}

// Print writes what is in force, one "flag = value" a line.
func Print(w io.Writer, fs *pflag.FlagSet) error {
	var err error
	fs.VisitAll(func(f *pflag.Flag) {
		if _, werr := fmt.Fprintf(w, "%s = %s\n", f.Name, f.Value); werr != nil {
			err = werr
		}
	})
	return err
}
