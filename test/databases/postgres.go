package databases

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
	asUser, err := unprivileged(dir)
	if err != nil {
		t.Skipf("PostgreSQL does not run as root, and nobody else is there: %v", err)
	}
	s := &Server{Driver: "postgres", Socket: filepath.Join(dir, ".s.PGSQL.5432")}
	data := filepath.Join(dir, "data")
	make := asUser(exec.Command(initdb, "-D", data, "-U", "postgres", "--auth-local=scram-sha-256", "--auth-host=reject", "--encoding=UTF8", "--no-locale",
		"--no-sync", "--pwfile="+filepath.Join(dir, "pw")))
	if err := os.WriteFile(filepath.Join(dir, "pw"), []byte(Password+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(make); err != nil {
		t.Fatal(err)
	}
	s.command = func() *exec.Cmd {
		return asUser(grouped(exec.Command(daemon, "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "shared_buffers=16MB", "-c", "max_connections=20")))
	}
	database := "postgres"
	s.admin = func() (*sql.DB, error) {
		return sql.Open("pgx", fmt.Sprintf("host=%s user=postgres password=%s dbname=%s sslmode=disable timezone=UTC", dir, Password, database))
	}
	s.start(t, "CREATE USER "+User+" PASSWORD '"+Password+"'", "CREATE DATABASE "+Database+" OWNER "+User)
	database = Database
	return s
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
