package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/tidemarkdb/tidemark/internal/access"
	"github.com/tidemarkdb/tidemark/internal/config"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// checkExposure refuses to serve everybody on an address that other machines may reach, unless that was asked for.
func checkExposure(cfg *config.Config) error {
	if cfg.Auth != config.AuthOff && cfg.Auth != "" {
		return nil
	}
	address, err := net.ResolveTCPAddr("tcp", cfg.Listen)
	if err != nil {
		return nil // listening will fail and say why
	}
	if address.IP.IsLoopback() {
		return nil
	}
	return fmt.Errorf("--listen %s is no loopback address, and authentication is off: everybody who reaches it could read and delete everything. "+
		"Name users by --auth-file, or listen on 127.0.0.1; --auth=off-insecure insists", cfg.Listen)
}

// openDirectory reads the file of users, nil if authentication is off.
func openDirectory(cfg *config.Config, dir string, logger *slog.Logger) (*access.Directory, error) {
	if cfg.Auth != config.AuthOn {
		return nil, nil
	}
	cipher, err := fileCipher(cfg)
	if err != nil {
		return nil, err
	}
	key, err := access.LoadSessionKey(vfs.OS(dir))
	if err != nil {
		return nil, err
	}
	d, err := access.Open(access.Options{Path: cfg.AuthFile, AccountID: cfg.AccountID, Cipher: cipher, SessionKey: key, Logger: logger})
	if err != nil {
		return nil, err
	}
	if d.Keys() == 0 {
		return nil, errors.New("read users from " + cfg.AuthFile + ": there is no active access key, so nobody could do anything")
	}
	return d, nil
}

// fileCipher returns what decrypts the secrets in the file of users, nil if no key is given.
func fileCipher(cfg *config.Config) (*access.Cipher, error) {
	var key []byte
	var err error
	switch {
	case cfg.AuthKeyFile != "":
		if key, err = access.ReadKey(cfg.AuthKeyFile); err != nil {
			return nil, fmt.Errorf("read key: %w", err)
		}
	case cfg.AuthKey != "":
		if key, err = access.ParseKey(cfg.AuthKey); err != nil {
			return nil, fmt.Errorf("TIDEMARK_AUTH_KEY: %w", err)
		}
	default:
		return nil, nil
	}
	return access.NewCipher(key)
}
