//go:build unix

package crash_test

import (
	"context"
	"fmt"
	"maps"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery"

	"github.com/tidemarkdb/tidemark/test/process"
)

// check compares what a server has with the ledger: first the requests without an answer, which are settled then, after
// that the sums of all series, and if full is set every row.
func (l *lives) check(s *process.Server, full bool) {
	l.t.Helper()
	r := reader{s.Reader()}
	if len(l.ledger.records) == 0 {
		if err := l.setUp(s); err != nil {
			l.t.Fatal(err)
		}
	}
	steps := []func(reader) error{l.settle, l.checkSums, l.tables.check}
	if full {
		steps = append(steps, l.checkRows)
	}
	for _, step := range steps {
		if err := step(r); err != nil {
			l.t.Fatalf("after %s: %v", l.moments(), err)
		}
	}
}

// reader asks a server.
type reader struct{ client *timestreamquery.Client }

// row is a row's values by column, without those that are NULL.
type row map[string]string

// rows calls f with each row of a statement's answer.
func (r reader) rows(sql string, f func(row) error) error {
	pages := timestreamquery.NewQueryPaginator(r.client, &timestreamquery.QueryInput{QueryString: aws.String(sql)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			return fmt.Errorf("query %s: %w", sql, err)
		}
		for _, data := range page.Rows {
			out := row{}
			for i, d := range data.Data {
				if d.ScalarValue != nil {
					out[aws.ToString(page.ColumnInfo[i].Name)] = *d.ScalarValue
				}
			}
			if err := f(out); err != nil {
				return err
			}
		}
	}
	return nil
}

// settle finds out what became of the requests without an answer. From then on they count as stored or as never made.
func (l *lives) settle(r reader) error {
	oldest := int64(0)
	for _, c := range l.clients {
		if c.doubt == nil {
			continue
		}
		if first := c.doubt.attempts[0].content.stamp; oldest == 0 || first < oldest && first > 0 {
			oldest = first
		}
	}
	if oldest == 0 {
		return nil
	}
	young := map[identity]content{}
	for _, table := range recordTables {
		where := fmt.Sprintf(`SELECT * FROM %s."%s" WHERE stamp >= %[3]d OR measure_value::bigint >= %[3]d
			OR measure_value::double >= %[3]d / 2e0 OR measure_value::varchar >= '%[4]s'`, database, table, oldest, content{stamp: oldest}.padded())
		err := r.rows(where, func(found row) error {
			id, c, err := l.read(table, found)
			young[id] = c
			return err
		})
		if err != nil {
			return err
		}
	}
	for _, c := range l.clients {
		if c.doubt == nil {
			continue
		}
		there, err := c.doubt.isThere(young)
		if err != nil {
			return err
		}
		if there {
			l.ledger.found++
			c.acknowledge(c.doubt)
		} else {
			l.ledger.missing++
		}
		c.doubt = nil
	}
	return nil
}

// isThere reports whether a request is stored, by the records that are younger than it. One that is there in part is an
// error. Only records in a contest can have been overtaken by a newer version.
func (r *request) isThere(young map[identity]content) (bool, error) {
	there, missing := 0, 0
	for _, a := range r.kept() {
		switch now, ok := young[a.id]; {
		case ok && now.stamp == a.content.stamp:
			there++
		case ok && a.fate == contest && now.version > a.content.version:
		default:
			missing++
		}
	}
	if there > 0 && missing > 0 {
		return false, fmt.Errorf("a request without an answer of %s is there in part: %d records are, %d are not", r.from.name, there, missing)
	}
	return there > 0, nil
}

// read returns what a row is, and an error if its values do not belong together.
func (l *lives) read(table string, found row) (identity, content, error) {
	id := identity{table: table, client: found["client"], series: found["series"], measure: found["measure_name"]}
	t, err := parseTimestamp(found["time"])
	id.time = t
	var c content
	switch id.measure {
	case multiMeasure:
		c.stamp, _ = strconv.ParseInt(found["stamp"], 10, 64)
		c.version, _ = strconv.ParseInt(found["version"], 10, 64)
	case bigintMeasure:
		c.stamp, _ = strconv.ParseInt(found["measure_value::bigint"], 10, 64)
	case doubleMeasure:
		half, _ := strconv.ParseFloat(found["measure_value::double"], 64)
		c.stamp = int64(2 * half)
	case textMeasure:
		c.stamp, _ = strconv.ParseInt(found["measure_value::varchar"], 10, 64)
	}
	for column, text := range found { // doubles in the form in which they were written
		if f, ferr := strconv.ParseFloat(text, 64); ferr == nil && (column == "half" || column == "measure_value::double") {
			found[column] = strconv.FormatFloat(f, 'f', -1, 64)
		}
	}
	if err != nil {
		return id, c, fmt.Errorf("a row is torn: %v: %w", found, err)
	}
	if want := c.columns(id); !maps.Equal(found, want) {
		return id, c, fmt.Errorf("a row is torn: %v, with its stamp it must be %v", found, want)
	}
	return id, c, nil
}

// checkSums compares numbers of records and sums of stamps.
func (l *lives) checkSums(r reader) error {
	for _, table := range recordTables {
		total, series := int64(0), 0
		sums := fmt.Sprintf(`SELECT client, series, measure_name, count(*) AS records, sum(stamp) AS multi, sum(measure_value::bigint) AS bigints,
			sum(measure_value::double) * 2 AS doubles, sum(CAST(measure_value::varchar AS bigint)) AS texts
			FROM %s."%s" GROUP BY client, series, measure_name`, database, table)
		err := r.rows(sums, func(found row) error {
			key := seriesKey{table, found["client"], found["series"], found["measure_name"]}
			column := map[string]string{multiMeasure: "multi", bigintMeasure: "bigints", doubleMeasure: "doubles", textMeasure: "texts"}[key.measure]
			records, _ := strconv.ParseInt(found["records"], 10, 64)
			stamps, _ := strconv.ParseFloat(found[column], 64)
			want := l.ledger.series[key]
			if want == nil || *want != (seriesSum{records, int64(stamps)}) {
				return fmt.Errorf("series %+v has %d records and stamps with the sum %.0f, want %+v", key, records, stamps, want)
			}
			total += records
			series++
			return nil
		})
		if err != nil {
			return err
		}
		for key := range l.ledger.series {
			if key.table == table {
				series--
			}
		}
		if series != 0 {
			return fmt.Errorf("table %s lacks %d series", table, -series)
		}
		err = r.rows(fmt.Sprintf(`SELECT count(*) AS records FROM %s."%s"`, database, table), func(found row) error {
			if found["records"] != strconv.FormatInt(total, 10) {
				return fmt.Errorf("count(*) of table %s is %s, the sum over its series %d", table, found["records"], total)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkRows reads every row.
func (l *lives) checkRows(r reader) error {
	seen := make(map[identity]bool, len(l.ledger.records))
	for _, table := range recordTables {
		err := r.rows(fmt.Sprintf(`SELECT * FROM %s."%s"`, database, table), func(found row) error {
			id, c, err := l.read(table, found)
			want, ok := l.ledger.records[id]
			switch {
			case err != nil:
				return err
			case !ok:
				return fmt.Errorf("%+v with stamp %d is there, but was never acknowledged, or was found missing before", id, c.stamp)
			case seen[id]:
				return fmt.Errorf("%+v is there twice", id)
			case c.stamp != want.stamp || id.measure == multiMeasure && c.version != want.version:
				return fmt.Errorf("%+v has stamp %d and version %d, but acknowledged were %d and %d", id, c.stamp, c.version, want.stamp, want.version)
			}
			seen[id] = true
			return nil
		})
		if err != nil {
			return err
		}
	}
	if len(seen) != len(l.ledger.records) {
		return fmt.Errorf("%d records are there, %d were acknowledged", len(seen), len(l.ledger.records))
	}
	return nil
}
