package databases

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// PostgreSQL starts a PostgreSQL server for a test, which it ends with. It skips the test if PostgreSQL is not installed. It
// refuses to run as root, so root runs it as another user.
func PostgreSQL(t testing.TB) *Server {
	t.Helper()
	initdb, daemon, err := findPostgres()
	if err != nil {
		t.Skipf("PostgreSQL %v", err)
	}
	dir := folder(t)
	if err := writeCertificates(dir); err != nil {
		t.Fatal(err)
	}
	asUser, err := unprivileged(dir)
	if err != nil {
		t.Skipf("PostgreSQL does not run as root, and nobody else is there: %v", err)
	}
	s := &Server{Driver: "postgres", Socket: filepath.Join(dir, ".s.PGSQL.5432"), Certificate: filepath.Join(dir, "cert.pem"), Stranger: filepath.Join(dir, "stranger.pem")}
	address := loopback()
	if address != "" {
		s.secured = func() string { return address + ":5432" }
	}
	data := filepath.Join(dir, "data")
	make := asUser(exec.Command(initdb, "-D", data, "-U", "postgres", "--encoding=UTF8", "--no-locale",
		"--no-sync", "--pwfile="+filepath.Join(dir, "pw")))
	if err := os.WriteFile(filepath.Join(dir, "pw"), []byte(Password+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(make); err != nil {
		t.Fatal(err)
	}
	rules := "local all all scram-sha-256\nhostssl all all 127.0.0.0/8 scram-sha-256\n"
	if err := os.WriteFile(filepath.Join(data, "pg_hba.conf"), []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	s.command = func() *exec.Cmd {
		return asUser(grouped(exec.Command(daemon, "-D", data, "-k", dir, "-c", "listen_addresses="+address, "-c", "shared_buffers=16MB", "-c", "max_connections=20",
			"-c", "ssl=on", "-c", "ssl_cert_file="+s.Certificate, "-c", "ssl_key_file="+filepath.Join(dir, "key.pem"))))
	}
	database := "postgres"
	s.admin = func() (*sql.DB, error) {
		return sql.Open("pgx", fmt.Sprintf("host=%s user=postgres password=%s dbname=%s sslmode=disable timezone=UTC", dir, Password, database))
	}
	s.start(t, "CREATE USER "+User+" PASSWORD '"+Password+"'", "CREATE DATABASE "+Database+" OWNER "+User)
	database = Database
	return s
}

// loopback returns an address of this machine alone that nobody else is likely to use, so that no port has to be found; "" where the
// system has but one such address.
func loopback() string {
	if runtime.GOOS != "linux" {
		return ""
	}
	return fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(254), rand.IntN(256), 1+rand.IntN(254))
}

// findPostgres returns where the programs are that make and run a server.
func findPostgres() (initdb, daemon string, err error) {
	dirs := filepath.SplitList(os.Getenv("PATH"))
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", "", err
	}
	for _, dir := range append(dirs, found...) {
		initdb, daemon = filepath.Join(dir, "initdb"), filepath.Join(dir, "postgres")
		if _, err := os.Stat(initdb); err != nil {
			continue
		}
		if _, err := os.Stat(daemon); err == nil {
			return initdb, daemon, nil
		}
	}
	return "", "", errMissing
}
