package differential_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// column is something that an expression may name.
type column struct {
	text  string // as it is written
	tree  *tree  // or, of a key of GROUP BY, the expression itself
	typ   string
	exact bool // a double whose sums do not depend on their order
}

// table is a table of the world: its columns without qualifier.
type table struct {
	name string
	cols []column
}

// world is random data: the commands of a file that make it.
type world struct{ commands []string }

var (
	hosts   = []string{"a", "b", "c"}
	zones   = []string{"1", "2"}
	minutes = []string{"00:00", "00:05", "00:10", "00:12:30", "00:30", "01:00", "2023-12-31T23:00", "2023-11-30T00:00", "2020-02-29T12:00"}
	doubles = []string{"0.0", "1.5", "-2.25", "100.0", "0.25", "7.0", "-7.0", "12.75"}
	bigints = []string{"0i", "1i", "-1i", "7i", "100i", "42i", "9223372036854775807i", "-9223372036854775808i", "3000000000i"}
	words   = []string{"'a'", "'b'", "'abc'", "'A%'", "'12'", "'1.5'", "'true'", "'été'", "'2024-01-01'"}
	times   = []string{"@2024-01-01T00:00", "@2024-01-31T10:30", "@2023-12-31T23:59:59", "@2020-02-29T00:00", "@1971-03-04T05:06:07.000000008"}
)

// newWorld makes three tables: one of single values, one of multi-measure records, both with NULLs, and an empty one.
func newWorld(rng *rand.Rand) *world {
	pick := func(list []string) string { return list[rng.IntN(len(list))] }
	w := &world{commands: []string{"table none"}}
	seen := map[string]bool{}
	write := func(table, dims, measure, values string) {
		at := pick(minutes)
		if key := table + dims + measure + at; !seen[key] {
			seen[key] = true
			w.commands = append(w.commands, fmt.Sprintf("write %s\n  %s %s at %s %s", table, dims, measure, at, values))
		}
		if rng.IntN(10) == 0 {
			w.commands = append(w.commands, "flush")
		}
	}
	single := []struct {
		measure string
		values  []string
	}{{"cpu", doubles}, {"net", bigints}, {"state", words}, {"up", []string{"true", "false"}}}
	multi := []struct {
		name   string
		values []string
	}{{"d", doubles}, {"i", bigints}, {"s", words}, {"b", []string{"true", "false"}}, {"ts", times}}
	for i := range len(single) + rng.IntN(12) {
		m := single[rng.IntN(len(single))]
		if i < len(single) { // so that all columns are there
			m = single[i]
		}
		write("single", dims(rng, i == 0), m.measure, pick(m.values))
	}
	for i := range 1 + rng.IntN(12) {
		var pairs []string
		for _, m := range multi {
			if i == 0 || rng.IntN(4) > 0 {
				pairs = append(pairs, m.name+"="+pick(m.values))
			}
		}
		if len(pairs) > 0 {
			write("multi", dims(rng, i == 0), "m", strings.Join(pairs, " "))
		}
	}
	return w
}

// dims makes the dimensions of a record; the second one may be missing.
func dims(rng *rand.Rand, full bool) string {
	out := "host=" + hosts[rng.IntN(len(hosts))]
	if full || rng.IntN(3) > 0 {
		out += ",az=" + zones[rng.IntN(len(zones))]
	}
	return out
}

// file returns the commands as a file.
func (w *world) file() string { return strings.Join(w.commands, "\n\n") + "\n" }

// tables are the tables of every world.
var tables = []table{
	{"single", append(common("host", "az"),
		column{text: `"measure_value::double"`, typ: "double", exact: true}, column{text: `"measure_value::bigint"`, typ: "bigint"},
		column{text: `"measure_value::varchar"`, typ: "varchar"}, column{text: `"measure_value::boolean"`, typ: "boolean"})},
	{"multi", append(common("host", "az"), column{text: "d", typ: "double", exact: true}, column{text: "i", typ: "bigint"},
		column{text: "s", typ: "varchar"}, column{text: "b", typ: "boolean"}, column{text: "ts", typ: "timestamp"})},
	{"none", common()},
}

// common are the columns that all tables have, and some dimensions.
func common(dims ...string) []column {
	out := []column{{text: "time", typ: "timestamp"}, {text: "measure_name", typ: "varchar"}}
	for _, d := range dims {
		out = append(out, column{text: d, typ: "varchar"})
	}
	return out
}
