package databases

import (
	"database/sql"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
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
	return mysqlServer(t, exec.Command(install, "--auth-root-authentication-method=normal", "--skip-test-db"), exec.Command(daemon, "--innodb-log-file-size=16M"))
}

// MySQL starts a server of MySQL itself for a test, which it ends with. It skips the test if MySQL is not installed.
func MySQL(t testing.TB) *Server {
	t.Helper()
	daemon, err := find("mysqld")
	if err != nil {
		t.Skipf("MySQL %v", err)
	}
	version, err := exec.Command(daemon, "--no-defaults", "--version").CombinedOutput()
	if err != nil || strings.Contains(string(version), "MariaDB") {
		t.Skipf("MySQL %v: %s says %s%v", errMissing, daemon, version, err)
	}
	return mysqlServer(t, exec.Command(daemon, "--initialize-insecure"), exec.Command(daemon, "--mysqlx=OFF", "--secure-file-priv=NULL", "--innodb-redo-log-capacity=16M"))
}

// mysqlServer makes a server's folder with one command, and runs it with the other; both get further settings.
func mysqlServer(t testing.TB, install, daemon *exec.Cmd) *Server {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t)
	if err := writeCertificates(dir); err != nil {
		t.Fatal(err)
	}
	s := &Server{Driver: "mysql", Socket: filepath.Join(dir, "s"), Certificate: filepath.Join(dir, "cert.pem"), Stranger: filepath.Join(dir, "stranger.pem")}
	both := []string{"--no-defaults", "--datadir=" + filepath.Join(dir, "data"), "--user=" + me.Username}
	if err := run(exec.Command(install.Path, append(both[:3:3], install.Args[1:]...)...)); err != nil {
		t.Fatal(err)
	}
	args := append(both[:3:3], "--socket="+s.Socket, "--skip-networking", "--pid-file="+filepath.Join(dir, "pid"), "--innodb-buffer-pool-size=32M",
		"--innodb-lock-wait-timeout=10", "--ssl-cert="+s.Certificate, "--ssl-key="+filepath.Join(dir, "key.pem"))
	s.command = func() *exec.Cmd {
		return grouped(exec.Command(daemon.Path, append(args[:len(args):len(args)], daemon.Args[1:]...)...))
	}
	s.secured = func() string { return s.NewProxy(t).Address }
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
