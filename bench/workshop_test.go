package bench_test

import (
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/bench/workload"
	"github.com/tidemarkdb/tidemark/test/process"
)

var scaleFlag = flag.Float64("scale", 1, "size of the workshop's tables: 1 is that of the demo, about 770,000 records")

// BenchmarkWorkshop asks the workshop's statements over two hours of its data, once with all rows in memory and once with
// all rows in segments. Statements whose time range is fixed must answer the same from both places, the others must answer
// something; what is right is the business of test/workshop.
func BenchmarkWorkshop(b *testing.B) {
	demo, err := workload.NewDemo(*scaleFlag, time.Now())
	if err != nil {
		b.Fatal(err)
	}
	names, err := workload.StatementNames()
	if err != nil || len(names) == 0 {
		b.Fatal("no statements: ", err)
	}
	data := workload.NewFolder(b)
	s := workload.Start(b, data, memoryArgs...)
	if _, err := demo.Load(workload.NewClient(s.URL)); err != nil {
		b.Fatal(err)
	}
	first := map[string]workload.Rows{}
	for _, where := range []string{inMemory, inSegments} {
		if where == inSegments {
			stop(b, s)
			s = workload.Start(b, data, segmentArgs...)
			if err := workload.AwaitFlush(data); err != nil {
				b.Fatal(err)
			}
		}
		for _, name := range names {
			sql, err := demo.Statement(name)
			if err != nil {
				b.Fatal(err)
			}
			b.Run("rows="+where+"/statement="+name, func(b *testing.B) {
				rows := workshopStatement(b, s, sql)
				if !strings.Contains(sql, "ago(") && first[name] != nil && !workload.SameRows(rows, first[name]) {
					b.Fatal("rows in segments answer differently from rows in memory")
				}
				first[name] = rows
			})
		}
	}
	stop(b, s)
}

// workshopStatement measures from sending a statement until all pages of the answer are there, and returns the last one.
func workshopStatement(b *testing.B, s *process.Server, sql string) workload.Rows {
	client := workload.NewClient(s.URL)
	var took workload.Latencies
	var rows workload.Rows
	for b.Loop() {
		rows = rows[:0]
		before := time.Now()
		var pages [][]byte
		for token := ""; ; {
			page, err := client.Call("Query", workload.QueryBody(sql, token))
			if err != nil {
				b.Fatal(err)
			}
			pages = append(pages, page)
			if token = workload.NextToken(page); token == "" {
				break
			}
		}
		took.Add(time.Since(before))
		for _, page := range pages {
			more, _, err := workload.ParsePage(page)
			if err != nil {
				b.Fatal(err)
			}
			rows = append(rows, more...)
		}
		if len(rows) == 0 {
			b.Fatal("the answer is empty")
		}
	}
	took.Report(b, "")
	b.ReportMetric(float64(len(rows)), "rows")
	return rows
}
