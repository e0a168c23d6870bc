package export

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// fileEntry is a file in the manifest.
type fileEntry struct {
	URL      string       `json:"url"`
	Metadata fileMetadata `json:"file_metadata"`
}

type fileMetadata struct {
	Bytes int64 `json:"content_length_in_bytes"`
	Rows  int64 `json:"row_count"`
}

// manifest names the files and what is in them. Form: documented.
type manifest struct {
	Files  []fileEntry    `json:"result_files"`
	Query  queryMetadata  `json:"query_metadata"`
	Author manifestAuthor `json:"author"`
}

type queryMetadata struct {
	Bytes   int64  `json:"content_length_in_bytes"`
	Rows    int64  `json:"total_row_count"`
	Format  string `json:"result_format"`
	Version string `json:"result_version"`
}

type manifestAuthor struct {
	Name    string `json:"name"`
	Version string `json:"manifest_file_version"`
}

// metadata describes the columns of the result, those of partitions too. Form: documented.
type metadata struct {
	Columns []columnInfo   `json:"ColumnInfo"`
	Author  metadataAuthor `json:"Author"`
}

type metadataAuthor struct {
	Name    string `json:"Name"`
	Version string `json:"MetadataFileVersion"`
}

// columnInfo is a column, a field or (without a name) an element, as in the answer of Query.
type columnInfo struct {
	Name string     `json:"Name,omitempty"`
	Type columnType `json:"Type"`
}

// columnType has one of its members.
type columnType struct {
	Scalar string       `json:"ScalarType,omitempty"`
	Array  *columnInfo  `json:"ArrayColumnInfo,omitempty"`
	Series *columnInfo  `json:"TimeSeriesMeasureValueColumnInfo,omitempty"`
	Row    []columnInfo `json:"RowColumnInfo,omitempty"`
}

// describeColumn returns what the metadata say about a column.
func describeColumn(f types.Field) columnInfo {
	out := columnInfo{Name: f.Name}
	switch f.Type.Kind {
	case types.KindArray, types.KindTimeSeries:
		elem := describeColumn(types.Field{Type: f.Type.Elem})
		if f.Type.Kind == types.KindArray {
			out.Type.Array = &elem
		} else {
			out.Type.Series = &elem
		}
	case types.KindRow:
		for _, field := range f.Type.Fields {
			out.Type.Row = append(out.Type.Row, describeColumn(field))
		}
	default:
		out.Type.Scalar = f.Type.Kind.APIName()
	}
	return out
}

// describe writes metadata and manifest and returns the result.
func (w *Writer) describe(ctx context.Context) (*Result, error) {
	result := &Result{Rows: w.rows}
	if len(w.opts.Unload.PartitionedBy) > 0 {
		result.Partitions = len(w.partitions)
	}
	for _, f := range w.files {
		result.Bytes += f.Metadata.Bytes
	}
	const author = "Amazon Timestream"
	m := metadata{Columns: []columnInfo{}, Author: metadataAuthor{Name: author, Version: "1.0"}}
	for _, f := range w.opts.Columns {
		m.Columns = append(m.Columns, describeColumn(f))
	}
	format := "CSV"
	if w.opts.Unload.Parquet {
		format = "PARQUET"
	}
	files := w.files
	if files == nil {
		files = []fileEntry{}
	}
	name := w.opts.QueryID + "_" + newUUID()
	var err error
	if result.MetadataFile, err = w.putJSON(ctx, name+"_metadata.json", m); err != nil {
		return nil, err
	}
	if err := w.opts.Commit(); err != nil {
		return nil, err
	}
	result.ManifestFile, err = w.putJSON(ctx, name+"_manifest.json", manifest{
		Files:  files,
		Query:  queryMetadata{Bytes: result.Bytes, Rows: w.rows, Format: format, Version: author + " version 1.0.0"},
		Author: manifestAuthor{Name: author, Version: "1.0"},
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// putJSON stores a document and returns its URL.
func (w *Writer) putJSON(ctx context.Context, name string, document any) (string, error) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(document); err != nil {
		return "", err
	}
	key, err := w.key(name)
	if err != nil {
		return "", err
	}
	w.keys = append(w.keys, key) // also if it fails: it may be there all the same
	w.opts.Wait(func() {
		err = w.opts.Objects.Put(ctx, w.opts.Unload.Bucket, key, bytes.NewReader(bytes.TrimRight(body.Bytes(), "\n")), w.putOptions("application/json"))
	})
	if err != nil {
		return "", storeError(err)
	}
	return w.url(key), nil
}
