package oracle

import (
	"encoding/json"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/slt"
	"github.com/tidemarkdb/tidemark/internal/types"
)

func TestReadType(t *testing.T) {
	for theirs, ours := range map[string]string{
		"integer":                     "integer",
		"varchar(12)":                 "varchar",
		"timestamp(9)":                "timestamp",
		"timestamp(3) with time zone": "timestamp",
		"INTERVAL DAY TO SECOND":      "interval day to second",
		"array(array(varchar(1)))":    "array(array(varchar))",
		"row(integer, varchar(1))":    "row(integer, varchar)",
		"row(a bigint, \"b\" array(time(9)), row(c double))": "row(a bigint, b array(time), row(c double))",
	} {
		got, err := readType(theirs)
		if err != nil || got.String() != ours {
			t.Errorf("%s: got %v, %v, want %s", theirs, got, err, ours)
		}
	}
	for _, theirs := range []string{"map(integer, integer)", "decimal(2, 1)", "json"} {
		if got, err := readType(theirs); err == nil {
			t.Errorf("%s: got %s, want an error", theirs, got)
		}
	}
}

func TestAnswerOf(t *testing.T) {
	list := []any{json.Number("1"), nil}
	got, err := answerOf(raw{
		names: []string{"a", "b", "c", "d", "e", "f", "g"},
		types: []string{"double", "varchar(3)", "timestamp(3) with time zone", "INTERVAL DAY TO SECOND", "array(bigint)", "row(double, x varchar)", "timestamp(3) with time zone"},
		rows: [][]any{
			{json.Number("1.0E10"), "", "2020-01-01 00:00:00.5 UTC", "-1 00:00:01.250", list, []any{"NaN", "y"}, "2020-01-01 00:00:00.000 +02:00"},
			{nil, nil, nil, nil, nil, nil, "2020-07-01 12:00:00.000 Europe/Berlin"},
		},
	}, places{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"1.0E10  (empty)  2020-01-01 00:00:00.500000000  -1 00:00:01.250000000  [1, NULL]  (NaN, y)  2019-12-31 22:00:00.000000000",
		"NULL  NULL  NULL  NULL  NULL  NULL  2020-07-01 10:00:00.000000000",
	}
	for i, line := range rowLines(got, false) {
		if line != want[i] {
			t.Errorf("got  %s\nwant %s", line, want[i])
		}
	}
}

func TestSame(t *testing.T) {
	answer := func(kind, value string) slt.Answer {
		got, err := readType(kind)
		if err != nil {
			t.Fatal(err)
		}
		return slt.Answer{Types: []*types.Type{got}, Rows: [][]string{{value}}}
	}
	failure := func(text string) slt.Answer { return slt.Answer{Error: "ValidationException " + text} }
	for _, c := range []struct {
		ours, theirs slt.Answer
		same         bool
	}{
		{answer("bigint", "1"), answer("bigint", "1"), true},
		{answer("bigint", "1"), answer("integer", "1"), false},
		{answer("double", "0.30000000000000004"), answer("double", "0.3"), true},
		{answer("double", "0.3001"), answer("double", "0.3"), false},
		{answer("double", "NaN"), answer("double", "0.3"), false},
		{answer("array(double)", "[1.0, 2.0]"), answer("array(double)", "[1.0, 2.0000000000000004]"), true},
		{answer("varchar", "a"), failure("a"), false},
		{failure("line 1:8: '>' cannot be applied to varchar, integer"), failure(wording("TYPE_MISMATCH", "line 1:9: Cannot apply operator: varchar(3) < integer")), true},
		{failure("line 1:8: Column 'x' does not exist"), failure(wording("COLUMN_NOT_FOUND", "line 1:8: Column 'x' cannot be resolved")), true},
		{failure("The query syntax is invalid at line 1:9"), failure(wording("SYNTAX_ERROR", "line 1:8: mismatched input 'a'")), true},
		{failure("Division by zero"), failure("Cannot divide"), false},
	} {
		if got := same(c.ours, c.theirs, true); got != c.same {
			t.Errorf("%s\n%s\ngot %t", text(c.ours, true), text(c.theirs, true), got)
		}
	}
}

// TestKnown reads the list itself, so that a mistake in it shows without a server.
func TestKnown(t *testing.T) {
	k, err := readKnown("known-differences.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		sql, theirs string
		found       bool
	}{
		{"SELECT strpos('banana', 'an', -1)", "", true},
		{"SELECT  strpos('banana',\n'an', -1)", "", true},
		{"SELECT strpos('banana', 'an', 1)", "", false},
		{"SELECT time = '2024-01-01' FROM test.m", "line 1:1: '=' cannot be applied to timestamp, varchar", true},
		{"SELECT slice(ARRAY[1, 2, 3, 4], 3, 9223372036854775807)", "", true},
	} {
		if d := k.find(c.sql, "", c.theirs); (d != nil) != c.found || d != nil && d.reason == "" {
			t.Errorf("%s: got %v", c.sql, d)
		}
	}
}
