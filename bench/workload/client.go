package workload

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// Client calls a server as an HTTP client without an SDK does, over a connection of its own that is kept open.
type Client struct {
	url  string
	http *http.Client
}

// NewClient returns a client for a server. Its calls may come from several goroutines; each then has a connection.
func NewClient(url string) *Client {
	return &Client{url, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
}

// authorization is a signature in form: servers that do not check signatures read past it, as they do with a real one.
const authorization = "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/timestream/aws4_request, " +
	"SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=0000000000000000000000000000000000000000000000000000000000000000"

// Call sends the body of an operation and returns that of the answer. An answer other than 200 is an error.
func (c *Client) Call(operation string, body []byte) ([]byte, error) {
	r, err := http.NewRequest(http.MethodPost, c.url+"/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header = http.Header{
		"Content-Type":  {"application/x-amz-json-1.0"},
		"X-Amz-Target":  {"Timestream_20181101." + operation},
		"X-Amz-Date":    {"20260101T000000Z"},
		"Authorization": {authorization},
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", operation, err)
	}
	text, err := io.ReadAll(answer.Body)
	if cerr := answer.Body.Close(); err == nil {
		err = cerr
	}
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %.500s", answer.StatusCode, text)
	}
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", operation, err)
	}
	return text, nil
}

// QueryBody returns the body of a Query call. The token is a new one each time, as SDKs do it; else the server could give
// the last answer again.
func QueryBody(sql, nextToken string) []byte {
	return appendJSON(nil, map[string]string{"QueryString": sql, "ClientToken": rand.Text() + rand.Text()}, "NextToken", nextToken)
}

// appendJSON appends an object, with one more member unless that is empty.
func appendJSON(buf []byte, members map[string]string, name, value string) []byte {
	if value != "" {
		members[name] = value
	}
	text, err := json.Marshal(members)
	if err != nil {
		panic("bug: a map of strings has no JSON: " + err.Error())
	}
	return append(buf, text...)
}

// Rows are the values of an answer. NULL is "".
type Rows [][]string

// answer is what benchmarks read of the answer to Query.
type answer struct {
	NextToken string
	Rows      []struct{ Data []json.RawMessage }
}

// ParsePage returns the rows of a page, and the token of the next page, "" after the last one. Values that are not scalar
// are returned as their JSON.
func ParsePage(page []byte) (Rows, string, error) {
	var a answer
	if err := json.Unmarshal(page, &a); err != nil {
		return nil, "", fmt.Errorf("read answer: %w", err)
	}
	out := make(Rows, len(a.Rows))
	for i, r := range a.Rows {
		out[i] = make([]string, len(r.Data))
		for k, text := range r.Data {
			var datum struct{ ScalarValue *string }
			if err := json.Unmarshal(text, &datum); err != nil {
				return nil, "", fmt.Errorf("read value: %w", err)
			}
			if out[i][k] = string(text); datum.ScalarValue != nil {
				out[i][k] = *datum.ScalarValue
			}
		}
	}
	return out, a.NextToken, nil
}

// NextToken returns the token in a page's first bytes, "" if it is the last page. It is much faster than ParsePage.
func NextToken(page []byte) string {
	const name = `"NextToken":"`
	i := bytes.Index(page[:min(len(page), 4096)], []byte(name))
	if i < 0 {
		return ""
	}
	token, _, _ := bytes.Cut(page[i+len(name):], []byte{'"'})
	return string(token)
}

// Query returns all rows of a statement.
func (c *Client) Query(sql string) (Rows, error) {
	var all Rows
	for token := ""; ; {
		page, err := c.Call("Query", QueryBody(sql, token))
		if err != nil {
			return nil, err
		}
		rows, next, err := ParsePage(page)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
		if token = next; token == "" {
			return all, nil
		}
	}
}

// CreateTable makes a table whose memory store keeps a day, and its database unless that is there.
func (c *Client) CreateTable(database, table string) error {
	return c.createTableFor(database, table, 24)
}

// createTableFor is CreateTable for some hours.
func (c *Client) createTableFor(database, table string, hours int) error {
	databases, err := c.Call("ListDatabases", []byte("{}"))
	if err == nil && !bytes.Contains(databases, []byte(`"`+database+`"`)) {
		_, err = c.Call("CreateDatabase", fmt.Appendf(nil, `{"DatabaseName":%q}`, database))
	}
	if err == nil {
		_, err = c.Call("CreateTable", fmt.Appendf(nil, `{"DatabaseName":%q,"TableName":%q,
			"RetentionProperties":{"MemoryStoreRetentionPeriodInHours":%d,"MagneticStoreRetentionPeriodInDays":7}}`, database, table, hours))
	}
	return err
}
