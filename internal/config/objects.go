package config

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/spf13/pflag"
)

// Objects says where exports, imports and reports are.
type Objects struct {
	Kind string // ObjectsLocal or ObjectsS3

	Endpoint  string // "" is Amazon S3's of the region
	Region    string // after Resolve never ""
	PathStyle bool
	// AccessKey and SecretKey are both set or both empty, which stands for the AWS SDK's chain of credentials.
	AccessKey string
	SecretKey string // never a flag: neither the list of processes nor Print shows it
	CA        []byte // certificates in PEM
	Encrypt   bool   // ask the service for SSE_S3 where a client does
	Timeout   time.Duration

	secretFile, caFile string
}

// Kinds of object storage.
const (
	ObjectsLocal = "local"
	ObjectsS3    = "s3"
)

// Names of settings that are looked at by name.
const (
	flagPathStyle = "s3-path-style"
	envS3Secret   = envPrefix + "S3_SECRET_KEY"
)

// register adds the flags.
func (o *Objects) register(fs *pflag.FlagSet) {
	fs.StringVar(&o.Kind, "objects", ObjectsLocal, "where exports, imports and reports are: local, in the data folder, or s3, in a service with that protocol")
	fs.StringVar(&o.Endpoint, "s3-endpoint", "", "URL of the S3 service; default: Amazon S3 in --s3-region")
	fs.StringVar(&o.Region, "s3-region", "", "region of the S3 service; default: that of --region")
	fs.BoolVar(&o.PathStyle, flagPathStyle, false, "name buckets in the path and not before the host; default: true with --s3-endpoint")
	fs.StringVar(&o.AccessKey, "s3-access-key", "", "access key for the S3 service, with its secret in "+envS3Secret+" or --s3-secret-key-file; default: the credentials that the AWS SDK finds")
	fs.StringVar(&o.secretFile, "s3-secret-key-file", "", "file with the secret of --s3-access-key")
	fs.BoolVar(&o.Encrypt, "s3-encryption", true, "ask the S3 service for SSE_S3 where a client does; false for services that cannot, such as MinIO without keys")
	fs.StringVar(&o.caFile, "s3-ca-file", "", "file with certificates (PEM) that are trusted for the S3 service besides the system's")
	fs.DurationVar(&o.Timeout, "s3-timeout", 30*time.Second, "how long the S3 service may be silent before a request is made again")
}

// resolve fills in what depends on other settings, reads the files, and checks everything.
func (o *Objects) resolve(fs *pflag.FlagSet, region string, lookup func(string) (string, bool)) error {
	switch {
	case o.Kind != ObjectsLocal && o.Kind != ObjectsS3:
		return fmt.Errorf("--objects is %q, but must be %s or %s", o.Kind, ObjectsLocal, ObjectsS3)
	case o.Timeout < 100*time.Millisecond || o.Timeout > time.Hour:
		return fmt.Errorf("--s3-timeout is %s, but must be between 100ms and 1h", o.Timeout)
	}
	if o.Kind == ObjectsLocal {
		for _, name := range []string{"s3-endpoint", "s3-access-key", "s3-secret-key-file", "s3-ca-file"} {
			if fs.Lookup(name).Value.String() != "" {
				return fmt.Errorf("--%s is set, but --objects is not %s", name, ObjectsS3)
			}
		}
	}
	if err := checkEndpoint(o.Endpoint); err != nil {
		return err
	}
	if o.Region == "" {
		o.Region = region
	}
	if !fs.Changed(flagPathStyle) {
		o.PathStyle = o.Endpoint != ""
	}
	var err error
	if o.caFile != "" {
		if o.CA, err = os.ReadFile(o.caFile); err != nil {
			return fmt.Errorf("read --s3-ca-file: %w", err)
		}
	}
	return o.resolveSecret(lookup)
}

// checkEndpoint checks a URL. It may hold keys by mistake, so an error does not show it.
func checkEndpoint(endpoint string) error {
	if endpoint == "" {
		return nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("--s3-endpoint must be a URL with scheme and host, such as https://s3.example.com, and without keys")
	}
	return nil
}

// resolveSecret takes the secret from its file, else from the environment.
func (o *Objects) resolveSecret(lookup func(string) (string, bool)) error {
	o.SecretKey, _ = lookup(envS3Secret)
	if o.secretFile != "" {
		text, err := os.ReadFile(o.secretFile)
		if err != nil {
			return fmt.Errorf("read --s3-secret-key-file: %w", err)
		}
		o.SecretKey = string(bytes.TrimSpace(text))
	}
	switch {
	case o.AccessKey != "" && o.SecretKey == "":
		return fmt.Errorf("--s3-access-key is set, but there is no secret: set %s or --s3-secret-key-file", envS3Secret)
	case o.AccessKey == "" && o.secretFile != "":
		return errors.New("--s3-secret-key-file is set, but --s3-access-key is not")
	case o.AccessKey == "":
		o.SecretKey = ""
	}
	return nil
}
