package databases

import (
	"database/sql"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// MariaDB starts a MariaDB server for a test, which it ends with. It skips the test if MariaDB is not installed.
func MariaDB(t testing.TB) *Server {
	t.Helper()
	install, err := find("mariadb-install-db", "mysql_install_db")
	if err != nil {
		t.Skipf("MariaDB %v", err)
	}
	daemon, err := find("mariadbd", "mysqld")
	if err != nil {
		t.Skipf("MariaDB %v", err)
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t)
	if err := writeCertificate(dir); err != nil {
		t.Fatal(err)
	}
	s := &Server{Driver: "mysql", Socket: filepath.Join(dir, "s"), Certificate: filepath.Join(dir, "cert.pem")}
	data := "--datadir=" + filepath.Join(dir, "data")
	if err := run(exec.Command(install, "--no-defaults", data, "--user="+me.Username, "--auth-root-authentication-method=normal", "--skip-test-db")); err != nil {
		t.Fatal(err)
	}
	s.command = func() *exec.Cmd {
		return grouped(exec.Command(daemon, "--no-defaults", data, "--user="+me.Username, "--socket="+s.Socket, "--skip-networking",
			"--pid-file="+filepath.Join(dir, "pid"), "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M", "--innodb-lock-wait-timeout=10",
			"--ssl-cert="+s.Certificate, "--ssl-key="+filepath.Join(dir, "key.pem")))
	}
	s.admin = func() (*sql.DB, error) {
		c := mysql.NewConfig()
		c.Net, c.Addr, c.User, c.Logger, c.MultiStatements = "unix", s.Socket, "root", &mysql.NopLogger{}, true
		c.Params = map[string]string{"time_zone": "'+00:00'"}
		connector, err := mysql.NewConnector(c)
		if err != nil {
			return nil, err
		}
		return sql.OpenDB(connector), nil
	}
	return s.start(t, "CREATE DATABASE "+Database+" CHARACTER SET utf8mb4", "CREATE USER "+User+" IDENTIFIED BY '"+Password+"'",
		"GRANT ALL ON "+Database+".* TO "+User)
}

// find returns where one of some programs is: on the path, or where systems keep servers.
func find(names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
		for _, dir := range []string{"/usr/sbin", "/usr/local/sbin", "/usr/local/mysql/bin"} {
			path := filepath.Join(dir, name)
			if _, err := os.Stat(path); err == nil {
				return path, nil
			}
		}
	}
	return "", errMissing
}
