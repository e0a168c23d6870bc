package slt

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// fileID is what begins the names of the files of an UNLOAD: the id of the query and a UUID.
var fileID = regexp.MustCompile(`AE[A-Z2-7]+_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// fileBytes is a size that depends on how well a library compresses.
var fileBytes = regexp.MustCompile(`"content_length_in_bytes":\d+`)

// unload runs an UNLOAD and compares the objects that it wrote.
func (r *runner) unload(t *testing.T, c *command) []string {
	t.Helper()
	_, rows, err := r.ask(c.sql())
	if err != nil || len(rows) != 1 {
		t.Errorf("line %d: %d rows, %v\n%s", c.line, len(rows), err, c.sql())
		return c.text
	}
	got, err := r.unloaded(rows[0][0].text, rows[0][1].text, rows[0][2].text)
	if err != nil {
		t.Errorf("line %d: %v\n%s", c.line, err, c.sql())
		return c.text
	}
	if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
		t.Errorf("line %d: %s\ngot:\n%s\nwant:\n%s", c.line, c.sql(), strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		return c.withAnswer(got)
	}
	return c.text
}

// unloaded returns what a file says about the objects of an UNLOAD, from its answer: the number of rows and two URLs.
func (r *runner) unloaded(rows, metadataURL, manifestURL string) ([]string, error) {
	id, _, _ := strings.Cut(fileID.FindString(manifestURL), "_")
	bucket, _, _ := strings.Cut(strings.TrimPrefix(manifestURL, "s3://"), "/")
	found := map[string][]byte{} // by URL
	page, err := r.objects.List(context.Background(), bucket, objectstore.ListRequest{})
	if err != nil {
		return nil, err
	}
	for _, o := range page.Objects {
		if !strings.Contains(o.Key, id) {
			continue
		}
		body, _, err := r.objects.Get(context.Background(), bucket, o.Key, 0)
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(body)
		if err != nil {
			return nil, err
		}
		found["s3://"+bucket+"/"+o.Key] = text
	}
	if err := checkManifest(found, metadataURL, manifestURL, rows); err != nil {
		return nil, err
	}
	var files []string
	for url, text := range found {
		lines, err := describeObject(url, text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", url, err)
		}
		file := fileID.ReplaceAllString(strings.TrimPrefix(url, "s3://"+bucket+"/"), "<id>")
		for _, line := range lines {
			file += "\n| " + fileID.ReplaceAllString(line, "<id>")
		}
		files = append(files, file)
	}
	slices.Sort(files)
	return append([]string{"rows " + rows}, strings.Split(strings.Join(files, "\n"), "\n")...), nil
}

// checkManifest checks that a manifest names all files with rows, and their sizes and sums.
func checkManifest(found map[string][]byte, metadataURL, manifestURL, rows string) error {
	var m struct {
		Files []struct {
			URL  string `json:"url"`
			Meta struct {
				Bytes int `json:"content_length_in_bytes"`
				Rows  int `json:"row_count"`
			} `json:"file_metadata"`
		} `json:"result_files"`
		Query struct {
			Bytes int `json:"content_length_in_bytes"`
			Rows  int `json:"total_row_count"`
		} `json:"query_metadata"`
	}
	if err := json.Unmarshal(found[manifestURL], &m); err != nil {
		return err
	}
	if found[metadataURL] == nil || len(found) != len(m.Files)+2 {
		return fmt.Errorf("there are %d objects, the manifest has %d files", len(found), len(m.Files))
	}
	bytesSum, rowsSum := 0, 0
	for _, f := range m.Files {
		if text, ok := found[f.URL]; !ok || len(text) != f.Meta.Bytes {
			return fmt.Errorf("the manifest has %s with %d bytes, there are %d", f.URL, f.Meta.Bytes, len(text))
		}
		bytesSum, rowsSum = bytesSum+f.Meta.Bytes, rowsSum+f.Meta.Rows
	}
	if bytesSum != m.Query.Bytes || rowsSum != m.Query.Rows || fmt.Sprint(rowsSum) != rows {
		return fmt.Errorf("the files have %d rows and %d bytes, the manifest says %d and %d, the answer %s rows", rowsSum, bytesSum, m.Query.Rows, m.Query.Bytes, rows)
	}
	return nil
}

// describeObject returns what an object holds, line by line.
func describeObject(url string, text []byte) ([]string, error) {
	switch {
	case strings.HasSuffix(url, ".gz"):
		z, err := gzip.NewReader(bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		if text, err = io.ReadAll(z); err != nil {
			return nil, err
		}
	case strings.HasSuffix(url, ".parquet"):
		return describeParquet(text)
	case strings.HasSuffix(url, "_manifest.json") && !bytes.Contains(text, []byte(".csv")):
		text = fileBytes.ReplaceAll(text, []byte(`"content_length_in_bytes":<bytes>`))
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"), nil
}

// describeParquet returns the schema and the rows of a Parquet file. Values of a row are separated by blanks, those of one
// column by commas.
func describeParquet(text []byte) ([]string, error) {
	f, err := parquet.OpenFile(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return nil, err
	}
	out := strings.Split(strings.ReplaceAll(f.Schema().String(), "\t", "  "), "\n")
	for _, g := range f.RowGroups() {
		rows := g.Rows()
		for {
			buffer := make([]parquet.Row, 1)
			n, err := rows.ReadRows(buffer)
			if n == 1 {
				var columns []string
				buffer[0].Range(func(_ int, values []parquet.Value) bool {
					var cells []string
					for _, v := range values {
						cells = append(cells, parquetText(v))
					}
					columns = append(columns, strings.Join(cells, ","))
					return true
				})
				out = append(out, strings.Join(columns, "  "))
			}
			if errors.Is(err, io.EOF) || n == 0 {
				break
			}
			if err != nil {
				return nil, err
			}
		}
		if err := rows.Close(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// parquetText returns a value; timestamps as everywhere.
func parquetText(v parquet.Value) string {
	switch {
	case v.IsNull():
		return "NULL"
	case v.Kind() == parquet.Int96:
		i := v.Int96()
		return types.Text(types.Timestamp, (int64(i[2])-2_440_588)*86_400_000_000_000+int64(uint64(i[1])<<32|uint64(i[0])))
	case v.Kind() == parquet.ByteArray:
		return fmt.Sprintf("%q", v.ByteArray())
	}
	return v.String()
}
