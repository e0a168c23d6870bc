package engine

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/batchload"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/mapping"
	"github.com/tidemarkdb/tidemark/internal/storage"
)

// modelBytesMax is how large an object with a data model may be; ours.
const modelBytesMax = 1 << 20

// dialect returns the dialect that was asked for. Source: CsvConfiguration.
func (o CSVOptions) dialect() (batchload.CSV, error) {
	c := batchload.CSV{Null: o.NullValue, Trim: o.TrimWhiteSpace}
	for _, x := range []struct {
		what, value, allowed string
		to                   *byte
	}{
		{"column separator", o.ColumnSeparator, ",|;\t ", &c.Separator},
		{"quote character", o.QuoteChar, "\"'", &c.Quote},
		{"escape character", o.EscapeChar, "", &c.Escape},
	} {
		switch {
		case x.value == "":
			continue
		case len(x.value) != 1 || x.value[0] >= 0x80 || x.allowed != "" && !strings.Contains(x.allowed, x.value):
			return c, dberr.New(dberr.Invalid, "The %s '%s' of the CSV configuration is invalid.", x.what, x.value)
		}
		*x.to = x.value[0]
	}
	separator := c.Separator
	if separator == 0 {
		separator = ','
	}
	if c.Escape == separator || c.Escape == '\n' || c.Escape == '\r' {
		return c, dberr.New(dberr.Invalid, "The escape character of the CSV configuration must not be the column separator or a line break.")
	}
	return c, nil
}

// check refuses what cannot be carried out, the model apart.
func (c *BatchConfig) check() error {
	switch {
	case c.Version < 1:
		return dberr.New(dberr.Invalid, "The record version %d is invalid. A record version must be at least 1.", c.Version)
	case c.Model == nil && c.ModelObject == nil:
		return dberr.New(dberr.Invalid, "A data model, or the object that has it, is required for a batch load.")
	case c.Model != nil && c.ModelObject != nil:
		return dberr.New(dberr.Invalid, "A batch load must not have both a data model and an object that has one.")
	case c.ModelObject != nil && (c.ModelObject.Bucket == "" || c.ModelObject.Key == ""):
		return dberr.New(dberr.Invalid, "The object of a data model must have both a bucket name and an object key.")
	case c.Report.Bucket == "":
		return dberr.New(dberr.Invalid, "A report configuration with a bucket is required for a batch load.")
	}
	return checkEncryption(&c.Report)
}

// readModel reads a data model from its object.
func (e *Engine) readModel(ctx context.Context, object *S3Object) (*mapping.Model, error) {
	body, _, err := e.opts.Objects.Get(ctx, object.Bucket, object.Key, 0)
	if dberr.Is(err, dberr.NotFound) {
		return nil, dberr.New(dberr.Invalid, "The object '%s' of the data model does not exist in the bucket %s.", object.Key, object.Bucket)
	}
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	_, err = io.Copy(&text, io.LimitReader(body, modelBytesMax+1))
	if err = errors.Join(err, body.Close()); err != nil {
		return nil, dberr.Wrap(dberr.Unavailable, err, "The object of the data model cannot be read")
	}
	if text.Len() > modelBytesMax {
		return nil, dberr.New(dberr.Invalid, "The object of the data model has more than %d bytes.", modelBytesMax)
	}
	return mapping.ParseJSON(text.Bytes())
}

// checkModel refuses models that make no records that the table takes, whatever the columns are.
func checkModel(m *mapping.Model, required string) error {
	if err := m.Check(); err != nil {
		return err
	}
	dimensions, measures, attributes := m.Names()
	if len(dimensions) > storage.DimensionsMax {
		return dberr.New(dberr.Invalid, "A record must not have more than %d dimensions.", storage.DimensionsMax)
	}
	has := required == ""
	for _, name := range dimensions {
		has = has || name == required
		if len(name) > dimensionNameBytesMax {
			return dberr.New(dberr.Invalid, "The dimension name %s is longer than %d bytes.", name, dimensionNameBytesMax)
		}
		if err := checkName("dimension", name); err != nil {
			return err
		}
	}
	if !has {
		return dberr.New(dberr.Invalid, "The data model must map the dimension '%s', which the partition key of the table requires.", required)
	}
	for _, name := range append(measures, attributes...) {
		if len(name) > measureNameBytesMax {
			return dberr.New(dberr.Invalid, "The measure name %s is longer than %d bytes.", name, measureNameBytesMax)
		}
		if err := checkName("measure", name); err != nil {
			return err
		}
	}
	return nil
}
