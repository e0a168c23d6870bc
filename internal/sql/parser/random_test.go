package parser_test

import (
	"flag"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/sql/parser"
)

var (
	randomSeed  = flag.Uint64("random-seed", 1, "seed of the random statements")
	randomCount = flag.Uint64("random-count", 20_000, "number of random statements")
)

// grammar are the rules for random statements: a rule is one of its alternatives, in which words that are rules are
// replaced. The names are those with a meaning of their own somewhere, so that a printed statement could be misread. Not
// every text of these rules is a statement.
var grammar = map[string][]string{
	"<query>":     {"<body>", "<body>", "<body> ORDER BY <order>", "<body> OFFSET 2 LIMIT 3", "<body> LIMIT ALL", "WITH <name> ( <name> ) AS ( <query> ) <body>", "<body> FETCH FIRST ROW ONLY"},
	"<body>":      {"<select>", "<select>", "<select>", "VALUES <row> , <row>", "TABLE <name> . <name>", "( <query> )", "<body> UNION ALL <body>", "<body> EXCEPT <body>", "<body> INTERSECT <body>"},
	"<row>":       {"<expr>", "( <expr> , <expr> )", "( ( <expr> , <expr> ) )", "ROW ( <expr> )", "ROW ( ( <expr> , <expr> ) )"},
	"<select>":    {"SELECT <quant> <item>", "SELECT <quant> <item> , <item> FROM <from>", "SELECT <item> FROM <from> , <from> WHERE <expr>", "SELECT <item> GROUP BY <quant> <group> , <group> HAVING <expr>", "SELECT <item> FROM <from> WINDOW <name> AS ( <window> ) , <name> AS ( <name> <window> )"},
	"<quant>":     {"", "", "ALL", "DISTINCT"},
	"<item>":      {"<expr>", "<expr>", "<expr> <name>", "<expr> AS <name>", "*", "<name> . *", "<name> . <name> . *"},
	"<from>":      {"<name>", "<name> . <name> <name>", "( <from> )", "( <from> ) <name>", "( <query> )", "( <query> ) AS <name> ( <name> )", "UNNEST ( <expr> ) WITH ORDINALITY <name>", "LATERAL ( <query> )", "<from> CROSS JOIN <from>", "<from> LEFT JOIN <from> ON <expr>", "<from> JOIN <from> USING ( <name> )", "<from> JOIN <from> JOIN <from> ON <expr> ON <expr>"},
	"<group>":     {"<expr>", "( <expr> , <expr> )", "( )", "ROLLUP ( <set> , <set> )", "CUBE ( <set> )", "GROUPING SETS ( <set> , ( ) )"},
	"<set>":       {"<expr>", "( <expr> , <expr> )", "ROW ( <expr> , <expr> )"},
	"<order>":     {"<expr>", "<expr> DESC", "<expr> NULLS LAST , <expr> ASC NULLS FIRST"},
	"<expr>":      {"<primary>", "<primary>", "<expr> AND <expr>", "<expr> OR <expr>", "NOT <expr>", "<value> <cmp> <value>", "<value> <not> BETWEEN <value> AND <value>", "<value> <not> IN ( <expr> , <expr> )", "<value> <not> IN ( <query> )", "<value> <not> IN ( ( <query> ) )", "<value> <not> LIKE <value> ESCAPE <value>", "<value> IS <not> NULL", "<value> IS <not> DISTINCT FROM <value>", "<value> = ANY ( <query> )", "<value> < ALL ( ( <query> ) )", "<value>"},
	"<not>":       {"", "NOT"},
	"<cmp>":       {"=", "<>", "<=", ">"},
	"<value>":     {"<primary>", "<primary>", "- <value>", "+ <value>", "<value> + <value>", "<value> - <value>", "<value> * <value>", "<value> || <value>", "( <expr> )"},
	"<primary>":   {"<name>", "<name>", "<name>", "<literal>", "<literal>", "<primary> . <name>", "<primary> [ <value> ]", "( <expr> )", "( <query> )", "( ( <query> ) )", "( ( <query> ) , <expr> )", "( <expr> , <expr> )", "ROW ( <expr> )", "ARRAY [ <expr> , <expr> ]", "<call>", "<call>", "CASE <expr> WHEN <expr> THEN <expr> ELSE <expr> END", "CAST ( <expr> AS <type> )", "TRY_CAST ( <expr> AS <type> )", "EXTRACT ( <name> FROM <value> )", "EXISTS ( <query> )", "current_date", "current_time ( 3 )"},
	"<call>":      {"<name> ( )", "<name> ( <arg> )", "<name> ( <arg> , <arg> )", "<name> ( <quant> <arg> )", "count ( * )", "<name> ( <arg> ORDER BY <order> ) FILTER ( WHERE <expr> )", "<name> ( <arg> ) IGNORE NULLS OVER ( <window> )", "<name> ( <arg> ) OVER ( <window> )", "<name> ( <arg> ) OVER <name>", "<name> ( <arg> ) OVER ( <name> <window> )", "POSITION ( <value> IN <value> )", "SUBSTRING ( <expr> FROM <expr> FOR <expr> )", "TRIM ( <trim> <expr> FROM <expr> )", "TRIM ( <trim> FROM <expr> )", "TRIM ( <expr> )", "POSITION ( <arg> , <arg> )", "NORMALIZE ( <expr> , NFC )", "GROUPING ( <expr> )"},
	"<trim>":      {"", "LEADING", "TRAILING", "BOTH"},
	"<arg>":       {"<expr>", "<expr>", "<name> -> <expr>", "( <name> , <name> ) -> <expr>", "( ) -> <expr>"},
	"<window>":    {"", "PARTITION BY <expr>", "ORDER BY <order> <frame>", "<frame>"},
	"<frame>":     {"ROWS <bound>", "RANGE BETWEEN <bound> AND <bound>", "ROWS BETWEEN <bound> AND <bound>", "GROUPS BETWEEN <bound> AND <bound>"},
	"<bound>":     {"UNBOUNDED PRECEDING", "CURRENT ROW", "<expr> PRECEDING", "<expr> FOLLOWING", "UNBOUNDED FOLLOWING"},
	"<type>":      {"double", "varchar ( 3 )", "ARRAY ( <type> )", "ARRAY < <type> >", "ROW ( <name> <type> , <type> )", "INTERVAL DAY TO SECOND", "double precision", "<name>"},
	"<literal>":   {"1", "0.5", "1.", "9223372036854775808", "1e5", "'it''s'", "U&'\\0041'", "5m", "@p", "NULL", "TRUE", "<name> '1'", "DATE '2020-01-01'", "INTERVAL '1' DAY", "INTERVAL - '1' MONTH", "INTERVAL + '1' <name>"},
	"<name>":      {"a", "b", "x:y", `"A b"`, `"select"`, "all", "any", "some", "array", "row", "interval", "double", "precision", "unbounded", "current", "leading", "both", "trim", "position", "substring", "try_cast", "limit", "offset", "fetch", "first", "filter", "over", "ignore", "nulls", "rows", "range", "groups", "partition", "window", "desc", "day", "year", "to", "lateral", "count", `"array"`, `"all"`, `"unbounded"`, `"row"`, "date", "time"},
	"<unload>":    {"UNLOAD ( <query> ) TO 'x' WITH ( <name> = 'y' , <name> = ARRAY [ 'z' ] )"},
	"<statement>": {"<query>", "<query>", "<query>", "<query>", "<unload>", "EXPLAIN <query>", "EXPLAIN ANALYZE DESC <name> . <name>", "SHOW TABLES FROM <name> LIKE 'a' ESCAPE 'b'", "DESC <name> . <name>", "SHOW MEASURES IN <name> . <name>"},
}

// expand appends a random text of a rule. Below the depth it takes first alternatives of shrinking choice, so that it ends.
func expand(b *strings.Builder, r *rand.Rand, rule string, depth int) {
	alternatives := grammar[rule]
	n := len(alternatives)
	if depth <= 0 {
		n = min(n, 2)
	}
	if depth <= -4 {
		n = 1
	}
	for word := range strings.FieldsSeq(alternatives[r.IntN(n)]) {
		if strings.HasPrefix(word, "<") && len(word) > 2 {
			expand(b, r, word, depth-1)
			continue
		}
		b.WriteString(word)
		b.WriteByte(' ')
	}
}

// mutate drops, doubles or swaps a few words, so that what is read is near the grammar's borders.
func mutate(r *rand.Rand, text string) string {
	words := strings.Fields(text)
	for range r.IntN(4) {
		i, j := r.IntN(len(words)), r.IntN(len(words))
		switch r.IntN(3) {
		case 0:
			words[i] = words[j]
		case 1:
			words[i], words[j] = words[j], words[i]
		default:
			words[i] = ""
		}
	}
	return strings.Join(words, " ")
}

// Whatever is a statement is printed as one that is read as an equal tree; whatever is not gives an error and no panic.
func TestRandomStatements(t *testing.T) {
	valid := 0
	for i := range *randomCount {
		r := rand.New(rand.NewPCG(*randomSeed, i))
		var b strings.Builder
		expand(&b, r, "<statement>", 3+r.IntN(10))
		text := b.String()
		if i%3 == 0 {
			text = mutate(r, text)
		}
		st, err := parser.Parse(text)
		if err != nil {
			continue
		}
		valid++
		again, err := parser.Parse(st.String())
		if err == nil && equalTrees(reflect.ValueOf(st), reflect.ValueOf(again)) {
			continue
		}
		repeat := "go test -run TestRandomStatements -random-seed " + strconv.FormatUint(*randomSeed, 10)
		if err != nil {
			t.Fatalf("statement %d of %s\n%s\nprinted %s\n%v", i, repeat, text, st, err)
		}
		t.Fatalf("statement %d of %s\n%s\nprinted %s\ntree            %s\ntree of printed %s", i, repeat, text, st, dump(st), dump(again))
	}
	if valid < int(*randomCount/4) {
		t.Errorf("only %d of %d texts are statements", valid, *randomCount)
	}
	t.Logf("%d of %d texts are statements", valid, *randomCount)
}
