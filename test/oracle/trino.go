package oracle

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// trino is a server that is asked over its HTTP protocol: a statement is posted, the answer's pages are fetched one by one.
type trino struct {
	url    string
	client http.Client
}

// page is one page of an answer.
type page struct {
	NextURI string `json:"nextUri"`
	Columns []struct {
		Name string `json:"name"`
		Type string `json:"type"`
	} `json:"columns"`
	Data  [][]any `json:"data"`
	Error *struct {
		Message   string `json:"message"`
		ErrorName string `json:"errorName"`
	} `json:"error"`
}

// statementLimit is how long a statement may run.
const statementLimit = 60 * time.Second

// raw is an answer as Trino writes it.
type raw struct {
	names, types []string
	rows         [][]any
	failure      string // text of the error, "" for none
	failureName  string // Trino's name of the kind of error
}

// ask runs a statement. The error is about reaching the server; that a statement fails is an answer.
func (s *trino) ask(sql string) (raw, error) {
	ctx, cancel := context.WithTimeout(context.Background(), statementLimit)
	defer cancel()
	var out raw
	p, err := s.exchange(ctx, http.MethodPost, s.url+"/v1/statement", sql)
	for {
		if err != nil {
			return out, fmt.Errorf("ask Trino: %w", err)
		}
		if len(p.Columns) > 0 && out.names == nil {
			for _, c := range p.Columns {
				out.names, out.types = append(out.names, c.Name), append(out.types, c.Type)
			}
		}
		out.rows = append(out.rows, p.Data...)
		if p.Error != nil {
			out.failure, out.failureName = p.Error.Message, p.Error.ErrorName
			return out, nil
		}
		if p.NextURI == "" {
			return out, nil
		}
		p, err = s.exchange(ctx, http.MethodGet, p.NextURI, "")
	}
}

// exchange sends one request. A server that is busy says so by status 503 and is asked again.
func (s *trino) exchange(ctx context.Context, method, url, body string) (*page, error) {
	for {
		req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
		if err != nil {
			return nil, err
		}
		for name, value := range map[string]string{"User": "oracle", "Time-Zone": "UTC", "Catalog": "memory", "Schema": "default", "Language": "en-US",
			"Client-Capabilities": "PARAMETRIC_DATETIME"} {
			req.Header.Set("X-Trino-"+name, value)
		}
		resp, err := s.client.Do(req)
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(resp.Body)
		if err = errors.Join(err, resp.Body.Close()); err != nil {
			return nil, err
		}
		switch resp.StatusCode {
		case http.StatusOK:
			p := &page{}
			d := json.NewDecoder(bytes.NewReader(text))
			d.UseNumber()
			return p, d.Decode(p)
		case http.StatusServiceUnavailable:
			time.Sleep(100 * time.Millisecond)
		default:
			return nil, fmt.Errorf("status %d: %s", resp.StatusCode, text)
		}
	}
}

// version returns the server's version.
func (s *trino) version() (string, error) {
	resp, err := s.client.Get(s.url + "/v1/info")
	if err != nil {
		return "", fmt.Errorf("ask Trino for its version: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	var info struct {
		NodeVersion struct{ Version string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&info); err != nil {
		return "", fmt.Errorf("ask Trino for its version: %w", err)
	}
	return info.NodeVersion.Version, nil
}
