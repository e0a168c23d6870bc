package sink

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// postgresDialect is PostgreSQL.
type postgresDialect struct{}

func (postgresDialect) open(t *Target, secured *tls.Config, password func() (string, error)) (*sql.DB, error) {
	host, port, err := postgresHost(t.Address)
	if err != nil {
		return nil, err
	}
	// The library must make its own settings; it would fill them in from its environment variables. All that matter are replaced.
	c, err := pgx.ParseConfig("sslmode=disable")
	if err != nil {
		return nil, err
	}
	c.Host, c.Port, c.User, c.Database, c.Password = host, port, t.User, t.Database, ""
	c.TLSConfig, c.Fallbacks, c.ValidateConnect, c.ConnectTimeout = secured, nil, nil, time.Duration(t.ConnectTimeout)
	c.RuntimeParams = map[string]string{"timezone": "UTC", "application_name": "tidemark", "client_encoding": "UTF8"}
	// Statements are long, and those with the last rows of a run are all different: the server need not remember them. It also
	// lets poolers stand between that know no prepared statements.
	c.DefaultQueryExecMode, c.StatementCacheCapacity, c.DescriptionCacheCapacity = pgx.QueryExecModeDescribeExec, 0, 0
	return stdlib.OpenDB(*c, stdlib.OptionBeforeConnect(func(_ context.Context, c *pgx.ConnConfig) (err error) {
		c.Password, err = password()
		return err
	})), nil
}

// postgresTransient are the classes of errors that pass: connections (08), serialization and deadlocks (40), resources such as
// disk and connections (53), the operator and the end of the server (57), the system (58); and single ones.
var postgresTransient = map[string]bool{
	"08": true, "40": true, "53": true, "57": true, "58": true,
	"25006": true, // the server became a replica
	"55P03": true, // a lock is held
}

func (postgresDialect) answer(err error) (answer, bool) {
	var e *pgconn.PgError
	if !errors.As(err, &e) || len(e.Code) != 5 {
		return answer{}, false
	}
	text := e.Message
	if e.Detail != "" {
		text += ": " + strings.TrimSuffix(e.Detail, ".")
	}
	return answer{
		code: e.Code, text: text, denied: strings.HasPrefix(e.Code, "28"),
		transient: postgresTransient[e.Code[:2]] || postgresTransient[e.Code],
	}, true
}

func (postgresDialect) quote(name string) string { return quoteWith(`"`, name) }

func (postgresDialect) appendParameter(dst []byte, n int) []byte {
	return strconv.AppendInt(append(dst, '$'), int64(n), 10)
}

func (d postgresDialect) onDuplicate(key, set []string) string {
	text := " ON CONFLICT (" + quoteAll(d, key) + ") DO "
	if len(set) == 0 {
		return text + "NOTHING"
	}
	parts := make([]string, len(set))
	for i, column := range set {
		name := d.quote(column)
		parts[i] = name + " = EXCLUDED." + name
	}
	return text + "UPDATE SET " + strings.Join(parts, ", ")
}

func (postgresDialect) columns(ctx context.Context, conn *sql.Conn, schema, table string) (out []tableColumn, err error) {
	rows, err := conn.QueryContext(ctx, `SELECT column_name, data_type, coalesce(datetime_precision, 0), is_generated <> 'NEVER' OR identity_generation = 'ALWAYS',
		column_default IS NOT NULL OR is_identity = 'YES'
		FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position`, schema, table)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var c tableColumn
		var generated sql.NullBool
		if err := rows.Scan(&c.name, &c.typeName, &c.precision, &generated, &c.automatic); err != nil {
			return nil, err
		}
		c.generated = generated.Bool
		known := postgresTypes[c.typeName]
		c.kind, c.min, c.max, c.single, c.inexact = known.kind, known.min, known.max, known.single, known.inexact
		out = append(out, c)
	}
	return out, rows.Err()
}

// postgresTypes are the types of columns that we fill.
var postgresTypes = map[string]tableColumn{
	"text": {kind: kindText}, "character varying": {kind: kindText}, "json": {kind: kindJSON},
	"character": {kind: kindText, inexact: true}, "jsonb": {kind: kindJSON, inexact: true},
	"boolean":                     {kind: kindBoolean},
	"smallint":                    {kind: kindInteger, min: math.MinInt16, max: math.MaxInt16},
	"integer":                     {kind: kindInteger, min: math.MinInt32, max: math.MaxInt32},
	"bigint":                      {kind: kindInteger, min: math.MinInt64, max: math.MaxInt64},
	"double precision":            {kind: kindNumber, inexact: true}, // a bigint may be rounded
	"real":                        {kind: kindNumber, single: true, inexact: true},
	"numeric":                     {kind: kindNumber, inexact: true},
	"timestamp without time zone": {kind: kindTimestamp}, "timestamp with time zone": {kind: kindTimestamp},
	"date": {kind: kindDate}, "time without time zone": {kind: kindTime},
}

// uniques leaves out indexes that ON CONFLICT cannot use: partial ones, and those of constraints that are checked at the end.
func (postgresDialect) uniques(ctx context.Context, conn *sql.Conn, schema, table string) ([][]string, error) {
	return readIndexes(conn.QueryContext(ctx, `SELECT i.indexrelid::text, coalesce(a.attname, '(expression)')
		FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k(attnum, place) LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
		WHERE n.nspname = $1 AND c.relname = $2 AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND k.place <= i.indnkeyatts
		ORDER BY i.indexrelid, k.place`, schema, table))
}

// checkTable finds nothing: all tables of PostgreSQL take part in transactions.
func (postgresDialect) checkTable(context.Context, *sql.Conn, string, string) (string, error) {
	return "", nil
}

func (postgresDialect) sameName(a, b string) bool { return a == b }

func (postgresDialect) columnType(t *types.Type, _ int) string {
	switch t.Kind {
	case types.KindBoolean:
		return "boolean"
	case types.KindInteger:
		return "integer"
	case types.KindBigint:
		return "bigint"
	case types.KindDouble:
		return "double precision"
	case types.KindTimestamp:
		return "timestamp(6) with time zone"
	case types.KindDate:
		return "date"
	case types.KindTime:
		return "time(6)"
	}
	return "text"
}

func (postgresDialect) tableOptions() string { return "" }

func (postgresDialect) runsColumns() string {
	return `query_arn text NOT NULL, target_table text NOT NULL, invocation_time timestamp(6) with time zone NOT NULL,
	row_count bigint NOT NULL, written_at timestamp(6) with time zone NOT NULL DEFAULT now()`
}

// finiteOnly is false: double precision has NaN and infinities.
func (postgresDialect) finiteOnly() bool { return false }
