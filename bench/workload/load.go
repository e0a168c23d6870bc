package workload

import (
	"iter"
	"strconv"
	"sync"

	"github.com/tidemarkdb/tidemark/internal/generator"
)

// Loading: loaders requests at the same time, of up to requestRecords records each.
const (
	loaders        = 4
	requestRecords = 100
)

// load writes records to a new table and returns how many there were.
func load(c *Client, database, table string, records iter.Seq[generator.Record]) (int64, error) {
	if err := c.CreateTable(database, table); err != nil {
		return 0, err
	}
	bodies := make(chan []byte, loaders)
	failed := make(chan error, loaders)
	var running sync.WaitGroup
	for range loaders {
		running.Go(func() {
			for body := range bodies {
				if _, err := c.Call("WriteRecords", body); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	var err error
	n, open := int64(0), newOpenBodies(database, table)
	send := func(body []byte) {
		if body == nil || err != nil {
			return
		}
		select {
		case bodies <- body:
		case err = <-failed:
		}
	}
	for r := range records {
		n++
		if send(open.add(r)); err != nil {
			break
		}
	}
	for _, b := range open.hosts {
		send(b.close())
	}
	close(bodies)
	running.Wait()
	select {
	case err = <-failed:
	default:
	}
	return n, err
}

// openBodies collects records into requests: those of one set of dimensions go together, as an agent on a host sends them.
type openBodies struct {
	database, table string
	hosts           map[*generator.Dimension]*openBody // by the first of the dimensions, which records of a series share
}

// openBody is a request that is not full.
type openBody struct {
	head, text []byte
	records    int
}

func newOpenBodies(database, table string) *openBodies {
	return &openBodies{database, table, map[*generator.Dimension]*openBody{}}
}

// add adds a record and returns a body if that is full now, else nil.
func (o *openBodies) add(r generator.Record) []byte {
	b := o.hosts[&r.Dimensions[0]]
	if b == nil {
		b = &openBody{head: appendHead(nil, o.database, o.table, r.Dimensions)}
		o.hosts[&r.Dimensions[0]] = b
	}
	if b.records == 0 {
		b.text = append(b.text, b.head...)
	} else {
		b.text = append(b.text, ',')
	}
	b.text = append(b.text, `{"MeasureName":"`...)
	b.text = append(b.text, r.Measure...)
	b.text = append(b.text, `","MeasureValue":"`...)
	b.text = append(b.text, r.Value.String()...)
	b.text = append(b.text, `","MeasureValueType":"`...)
	b.text = append(b.text, r.Value.Kind.String()...)
	b.text = append(b.text, `","Time":"`...)
	b.text = strconv.AppendInt(b.text, r.Time/1e6, 10)
	b.text = append(b.text, `"}`...)
	if b.records++; b.records < requestRecords {
		return nil
	}
	return b.close()
}

// close ends a body and returns it, nil if it has no records. The next record begins a new one.
func (b *openBody) close() []byte {
	if b.records == 0 {
		return nil
	}
	text := append(b.text, `]}`...)
	b.text, b.records = nil, 0
	return text
}

// appendHead appends the beginning of a WriteRecords body, up to the first record.
func appendHead(buf []byte, database, table string, dims []generator.Dimension) []byte {
	buf = append(buf, `{"DatabaseName":"`+database+`","TableName":"`+table+`","CommonAttributes":{"Dimensions":[`...)
	for i, d := range dims {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(buf, `{"Name":"`+d.Name+`","Value":"`+d.Value+`"}`...)
	}
	return append(buf, `],"TimeUnit":"MILLISECONDS"},"Records":[`...)
}
