package sink

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// mysqlDialect is MySQL and MariaDB.
type mysqlDialect struct{}

func (mysqlDialect) open(t *Target, secured *tls.Config, password func() (string, error)) (*sql.DB, error) {
	c := mysql.NewConfig()
	c.Net, c.Addr = "tcp", t.Address
	if isSocket(t.Address) {
		c.Net = "unix"
	}
	c.User, c.DBName, c.TLS = t.User, t.Database, secured
	c.Timeout = time.Duration(t.ConnectTimeout)
	c.Logger = &mysql.NopLogger{} // what it says is in the errors, too
	// Times are UTC. A value that does not fit its column is an error, never cut or replaced.
	c.Params = map[string]string{"time_zone": "'+00:00'", "sql_mode": "'TRADITIONAL'"}
	c.Collation = "utf8mb4_bin"
	err := c.Apply(mysql.BeforeConnect(func(_ context.Context, c *mysql.Config) (err error) {
		c.Passwd, err = password()
		return err
	}))
	if err != nil {
		return nil, err
	}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// mysqlTransient are the server's errors that pass: limits of connections (1040, 1203, 1226), shutting down (1053, 1927, 3168),
// disk full (1021, 1114), interrupted statements (1317, 1969, 3024), the network (1158 to 1161), locks (1205, 1213), a server
// that became a replica (1290, 1792, 1836), a conflict between nodes of a cluster (1047, 3101).
var mysqlTransient = map[uint16]bool{
	1021: true, 1040: true, 1047: true, 1053: true, 1114: true, 1158: true, 1159: true, 1160: true, 1161: true, 1203: true, 1205: true,
	1213: true, 1226: true, 1290: true, 1317: true, 1792: true, 1836: true, 1927: true, 1969: true, 3024: true, 3101: true, 3168: true,
}

// mysqlDenied are the errors at the door: wrong user or password, expired password, locked account, an address that may not come in or
// came too often (1129, 1130).
var mysqlDenied = map[uint16]bool{1045: true, 1129: true, 1130: true, 1698: true, 1820: true, 1862: true, 3118: true, 4151: true}

// mysqlOrigin is the address from which an account came in, in messages about what it may not do.
var mysqlOrigin = regexp.MustCompile(`@'[^']*'`)

func (mysqlDialect) answer(err error) (answer, bool) {
	var e *mysql.MySQLError
	if !errors.As(err, &e) {
		return answer{}, false
	}
	return answer{code: strconv.Itoa(int(e.Number)), text: mysqlOrigin.ReplaceAllString(e.Message, ""), transient: mysqlTransient[e.Number], denied: mysqlDenied[e.Number]}, true
}

func (mysqlDialect) quote(name string) string { return quoteWith("`", name) }

func (mysqlDialect) appendParameter(dst []byte, _ int) []byte { return append(dst, '?') }

// onDuplicate writes VALUES(column), which MySQL would like to see written otherwise, but MariaDB knows nothing else.
func (d mysqlDialect) onDuplicate(key, set []string) string {
	if len(set) == 0 {
		name := d.quote(key[0])
		return " ON DUPLICATE KEY UPDATE " + name + " = " + name
	}
	parts := make([]string, len(set))
	for i, column := range set {
		name := d.quote(column)
		parts[i] = name + " = VALUES(" + name + ")"
	}
	return " ON DUPLICATE KEY UPDATE " + strings.Join(parts, ", ")
}

func (mysqlDialect) columns(ctx context.Context, conn *sql.Conn, _, table string) (out []tableColumn, err error) {
	rows, err := conn.QueryContext(ctx, `SELECT column_name, data_type, column_type, coalesce(datetime_precision, 0), extra
		FROM information_schema.columns WHERE table_schema = database() AND table_name = ? ORDER BY ordinal_position`, table)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var c tableColumn
		var dataType, extra string
		if err := rows.Scan(&c.name, &dataType, &c.typeName, &c.precision, &extra); err != nil {
			return nil, err
		}
		extra = strings.ToUpper(extra)
		c.automatic = strings.Contains(extra, "AUTO_INCREMENT")
		c.generated = strings.Contains(extra, "VIRTUAL") || strings.Contains(extra, "STORED") || strings.Contains(extra, "PERSISTENT")
		c.kind = mysqlKinds[strings.ToLower(dataType)]
		if c.kind == kindInteger {
			c.min, c.max = mysqlRange(strings.ToLower(dataType), strings.Contains(c.typeName, "unsigned"))
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// mysqlKinds are the types of columns that we fill.
var mysqlKinds = map[string]kind{
	"char": kindText, "varchar": kindText, "tinytext": kindText, "text": kindText, "mediumtext": kindText, "longtext": kindText, "json": kindJSON,
	"tinyint": kindInteger, "smallint": kindInteger, "mediumint": kindInteger, "int": kindInteger, "bigint": kindInteger,
	"double": kindNumber, "float": kindNumber, "decimal": kindNumber,
	"datetime": kindTimestamp, "timestamp": kindTimestamp, "date": kindDate, "time": kindTime,
}

// mysqlRange returns the least and the greatest value of an integer type.
func mysqlRange(dataType string, unsigned bool) (least, greatest int64) {
	bits := map[string]uint{"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}[dataType]
	switch {
	case unsigned && bits == 64:
		return 0, math.MaxInt64
	case unsigned:
		return 0, 1<<bits - 1
	}
	return -1 << (bits - 1), 1<<(bits-1) - 1
}

// uniques leaves out indexes over the beginnings of texts: they say nothing about whole values. The name stands for them, so
// that they are seen as indexes over something else.
func (mysqlDialect) uniques(ctx context.Context, conn *sql.Conn, _, table string) ([][]string, error) {
	return readIndexes(conn.QueryContext(ctx, `SELECT index_name, CASE WHEN sub_part IS NULL THEN coalesce(column_name, '(expression)') ELSE concat(column_name, '(', sub_part, ')') END
		FROM information_schema.statistics WHERE table_schema = database() AND table_name = ? AND non_unique = 0 ORDER BY index_name, seq_in_index`, table))
}

func (mysqlDialect) checkTable(ctx context.Context, conn *sql.Conn, _, table string) (string, error) {
	var engine, transactions string
	err := conn.QueryRowContext(ctx, `SELECT coalesce(t.engine, t.table_type), coalesce(e.transactions, 'NO') FROM information_schema.tables t
		LEFT JOIN information_schema.engines e ON e.engine = t.engine WHERE t.table_schema = database() AND t.table_name = ?`, table).Scan(&engine, &transactions)
	if err != nil || transactions == "YES" {
		return "", err
	}
	return fmt.Sprintf("its engine is %s, which has no transactions: use InnoDB", engine), nil
}

func (mysqlDialect) sameName(a, b string) bool { return strings.EqualFold(a, b) }

// The sizes of keys: InnoDB allows 3,072 bytes, of which a character may take four. Half a hundred bytes are left for
// columns that are not texts.
const (
	mysqlKeyCharacters = (3072 - 48) / 4
	mysqlTextMax       = 255
)

func (mysqlDialect) columnType(t *types.Type, keyTexts int) string {
	switch t.Kind {
	case types.KindBoolean:
		return "BOOLEAN"
	case types.KindInteger:
		return "INT"
	case types.KindBigint:
		return "BIGINT"
	case types.KindDouble:
		return "DOUBLE"
	case types.KindTimestamp:
		return "DATETIME(6)"
	case types.KindDate:
		return "DATE"
	case types.KindTime:
		return "TIME(6)"
	}
	switch {
	case keyTexts > 0:
		return fmt.Sprintf("VARCHAR(%d)", min(mysqlTextMax, mysqlKeyCharacters/keyTexts))
	case t.IsScalar():
		return "TEXT"
	}
	return "LONGTEXT"
}

// tableOptions let texts be equal only if they are the same characters, as they are here; others would merge rows of
// series that differ in case.
func (mysqlDialect) tableOptions() string {
	return " ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
}

func (mysqlDialect) runsColumns() string {
	return `query_arn VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, target_table VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	invocation_time DATETIME(6) NOT NULL, row_count BIGINT NOT NULL, written_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)`
}

func (mysqlDialect) finiteOnly() bool { return true }
