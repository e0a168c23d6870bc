// Package slt runs the text files of test/slt: what our SQL means, as statements with their answers. It is a test helper; no
// product code imports it.
//
// A file is a list of commands, each in lines of its own, separated by blank lines; "#" begins a comment line. The file has
// an empty database named test and a clock that stands at 2024-01-01 12:00:00 until it is moved.
//
//	write metrics
//	  host=a,az=1  cpu  from 00:00 every 1m  10 20 _ 40
//	  host=a       task from 00:00 every 1m  'ok' 'failed'
//	  host=a       both at 00:05  load=1.5 count=3i
//
// writes records to test.metrics, which is made on first use: dimensions, measure name, times, values. Times are of the
// clock's day, or full (2023-12-31T23:00). Values are doubles (1 2.5), bigints (3i), booleans (true), varchars ('x'),
// timestamps (@2024-01-01T00:00); "_" is a missing point. "at" with name=value pairs is one multi-measure record. Names with
// blanks, commas or equals signs stand in double quotes, such values of dimensions in single ones. "version 2" behind the
// table name gives a version.
//
//	query TRI rowsort
//	SELECT host, avg(measure_value::double), count(*) FROM test.metrics GROUP BY host
//	----
//	a  23.33  3
//
// runs a statement and compares its rows. A letter a column: T varchar, I integer or bigint, R double, B boolean, P timestamp,
// X anything else. Columns are separated by two blanks or more; NULL and (empty) are written so. A double is
// compared to as many decimals as are written. rowsort sorts rows before comparing, for statements without ORDER BY.
//
//	error ValidationException line 1:8: Column 'nope' does not exist
//	SELECT nope FROM test.metrics
//
// expects an error that begins so; "line 2:5" counts within the statement.
//
//	eval
//	1 + 1                    integer  2
//	TRY(1 / 0)               integer  NULL
//	1 / 0                    error    Division by zero
//
// runs "SELECT expression" for every line and compares type and value, the value exactly; one that ends in "..." need only
// begin so. "error" stands for a ValidationException, whose text begins so; the expression begins at column 8. Between the
// parts stand two blanks or more.
//
//	columns
//	SELECT host AS h, count(*) FROM test.metrics GROUP BY host
//	----
//	h      varchar
//	_col1  bigint
//
// compares names and types of the columns of a result.
//
//	prepare
//	SELECT host AS h, count(*) FROM test.metrics WHERE time > @from GROUP BY host
//	----
//	h      varchar    test.metrics  aliased
//	_col1  bigint
//	@from  timestamp
//
// analyzes a statement with PrepareQuery and compares columns and parameters; "error", two blanks and the text stand for a
// failure.
//
//	unload
//	UNLOAD (SELECT host FROM test.metrics) TO 's3://bucket/x' WITH (compression = 'NONE')
//	----
//	rows 1
//	x/<id>_manifest.json
//	| {"result_files":...}
//	x/<id>_metadata.json
//	| {"ColumnInfo":...}
//	x/results/<id>.csv
//	| a
//
// runs an UNLOAD, checks what the manifest says of the files, and compares all that was written: text as it is, once it is
// decompressed, and of Parquet the schema and the rows.
//
// Further commands:
//
//	plan                                 compares the printed plan, without column numbers; below are the statement and the plan
//	drop metrics                         deletes a table
//	flush, restart                       move rows to disk; close the database and open it again
//	merge                                merges the files of rows
//	advance 25h                          moves the clock; d stands for days; -1h sets it back
//	database other                       makes a database; its tables are written other.t in further commands
//	table empty memory 24h magnetic 10d  makes a table; the times are its retention and may be left out
//	retention empty memory 2h            changes how long a table keeps rows; the times are as above
//	reject metrics version 1             is a write whose records are all refused, for the reason behind ----
package slt
