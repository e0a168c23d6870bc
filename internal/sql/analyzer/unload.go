package analyzer

import (
	"math/big"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// unload analyzes UNLOAD: its query, then where to and how.
func (a *analyzer) unload(u *ast.Unload) (*plan.Statement, error) {
	out, _, err := a.queryStatement(u.Query)
	if err != nil {
		return nil, err
	}
	for i, c := range out.Output {
		if !exportable(c.Type) {
			return nil, dberr.At(u.Query.Pos, "UNLOAD does not support the type %s of column '%s'", c.Type, outputName(c.Name, i))
		}
	}
	out.Unload = &plan.Unload{Gzip: true, FieldDelimiter: ",", EscapedBy: `\`, MaxFileSizeBytes: unloadSizeMax}
	if err := unloadDestination(out.Unload, u.To); err != nil {
		return nil, err
	}
	if err := unloadOptions(out, u.Options); err != nil {
		return nil, err
	}
	return out, unloadKeyLength(out.Unload)
}

// exportable reports whether values of a type can be written to files: not times and values without a type.
func exportable(t *types.Type) bool {
	switch t.Kind {
	case types.KindTime, types.KindUnknown:
		return false
	case types.KindArray, types.KindTimeSeries:
		return exportable(t.Elem)
	case types.KindRow:
		for _, f := range t.Fields {
			if !exportable(f.Type) {
				return false
			}
		}
	}
	return true
}

// unloadDestination reads "s3://bucket/prefix/".
func unloadDestination(u *plan.Unload, to *ast.Str) error {
	rest, isS3 := strings.CutPrefix(to.Value, "s3://")
	bucket, prefix, _ := strings.Cut(rest, "/")
	if !isS3 || !isBucketName(bucket) {
		return dberr.At(to.Pos, "The destination of UNLOAD must have the form 's3://bucket/prefix': '%s'", to.Value)
	}
	u.Bucket, u.Prefix = bucket, strings.TrimRight(prefix, "/")
	return nil
}

// isBucketName reports whether a text has the form of a bucket's name.
func isBucketName(s string) bool {
	if len(s) < 3 || len(s) > 63 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		inner := i > 0 && i < len(s)-1
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || inner && (c == '.' || c == '-')) {
			return false
		}
	}
	return true
}

// unloadOption reads the value of one option.
type unloadOption func(s *plan.Statement, o *ast.UnloadOption) error

var unloadOptionsByName = map[string]unloadOption{
	"partitioned_by":  partitionedBy,
	"format":          choice(func(u *plan.Unload, v string) { u.Parquet = v == "PARQUET" }, "CSV", "PARQUET"),
	"compression":     choice(func(u *plan.Unload, v string) { u.Gzip = v == "GZIP" }, "GZIP", "NONE"),
	"encryption":      choice(func(u *plan.Unload, v string) { u.KMS = v == "SSE_KMS" }, "SSE_S3", "SSE_KMS"),
	"kms_key":         kmsKey,
	"field_delimiter": fieldDelimiter,
	"escaped_by":      escapedBy,
	"include_header":  includeHeader,
	"max_file_size":   maxFileSize,
}

func unloadOptions(s *plan.Statement, options []*ast.UnloadOption) error {
	seen := map[string]*ast.UnloadOption{}
	for _, o := range options {
		read := unloadOptionsByName[o.Name]
		switch {
		case read == nil:
			return dberr.At(o.Pos, "UNLOAD has no option '%s'", o.Name)
		case seen[o.Name] != nil:
			return dberr.At(o.Pos, "UNLOAD option '%s' is specified more than once", o.Name)
		}
		seen[o.Name] = o
		if err := read(s, o); err != nil {
			return err
		}
	}
	if key := seen["kms_key"]; key != nil && !s.Unload.KMS {
		return dberr.At(key.Pos, "UNLOAD option 'kms_key' needs encryption = 'SSE_KMS'")
	}
	if s.Unload.FieldDelimiter == s.Unload.EscapedBy {
		o := seen["field_delimiter"]
		if o == nil {
			o = seen["escaped_by"]
		}
		return dberr.At(o.Pos, "UNLOAD options 'field_delimiter' and 'escaped_by' must differ")
	}
	return nil
}

// optionText is the value of an option that must be a text; must says what it has to be.
func optionText(o *ast.UnloadOption, must string) (string, error) {
	if s, ok := o.Value.(*ast.Str); ok {
		return s.Value, nil
	}
	return "", badOption(o, must)
}

func badOption(o *ast.UnloadOption, must string) error {
	return dberr.At(o.Value.Position(), "UNLOAD option '%s' must be %s: %s", o.Name, must, o.Value)
}

// choice is an option with one of two values, in any case.
func choice(set func(u *plan.Unload, value string), a, b string) unloadOption {
	must := "'" + a + "' or '" + b + "'"
	return func(s *plan.Statement, o *ast.UnloadOption) error {
		v, err := optionText(o, must)
		if err != nil {
			return err
		}
		v = strings.ToUpper(v)
		if v != a && v != b {
			return badOption(o, must)
		}
		set(s.Unload, v)
		return nil
	}
}

func kmsKey(s *plan.Statement, o *ast.UnloadOption) error {
	v, err := optionText(o, "the name of a key")
	if err == nil && v == "" {
		err = badOption(o, "the name of a key")
	}
	s.Unload.KMSKey = v
	return err
}

func fieldDelimiter(s *plan.Statement, o *ast.UnloadOption) error {
	v, err := optionText(o, "one ASCII character")
	if err == nil && (len(v) != 1 || v[0] >= 0x80) {
		err = badOption(o, "one ASCII character")
	}
	if err == nil && strings.Contains("\"\n\r", v) { // nobody could read the files
		err = badOption(o, "no quote and no line break")
	}
	s.Unload.FieldDelimiter = v
	return err
}

func escapedBy(s *plan.Statement, o *ast.UnloadOption) error {
	v, err := optionText(o, "one character")
	if err == nil && len([]rune(v)) != 1 {
		err = badOption(o, "one character")
	}
	if err == nil && strings.Contains("\n\r", v) {
		err = badOption(o, "no line break")
	}
	s.Unload.EscapedBy = v
	return err
}

// includeHeader takes a text, as documented, or a boolean.
func includeHeader(s *plan.Statement, o *ast.UnloadOption) error {
	if b, ok := o.Value.(*ast.Bool); ok {
		s.Unload.IncludeHeader = b.Value
		return nil
	}
	return choice(func(u *plan.Unload, v string) { u.IncludeHeader = v == "TRUE" }, "TRUE", "FALSE")(s, o)
}

// Bounds of max_file_size. Source: documented.
const (
	unloadSizeMin = 16 << 20
	unloadSizeMax = 78 << 30
)

// maxFileSize reads a number with a unit: '16MB', '4.9GB'.
func maxFileSize(s *plan.Statement, o *ast.UnloadOption) error {
	const must = "a size from '16MB' to '78GB'"
	v, err := optionText(o, must)
	if err != nil {
		return err
	}
	v = strings.ToUpper(strings.TrimSpace(v))
	unit := int64(1 << 20)
	number, isMega := strings.CutSuffix(v, "MB")
	if !isMega {
		var isGiga bool
		if number, isGiga = strings.CutSuffix(v, "GB"); !isGiga {
			return badOption(o, must)
		}
		unit = 1 << 30
	}
	number = strings.TrimSpace(number)
	if len(number) > 20 || strings.Trim(number, "0123456789.") != "" { // no exponents, which may be large
		return badOption(o, must)
	}
	size, ok := new(big.Rat).SetString(number)
	if !ok {
		return badOption(o, must)
	}
	size.Mul(size, new(big.Rat).SetInt64(unit))
	bytes := new(big.Int).Quo(size.Num(), size.Denom())
	if !bytes.IsInt64() || bytes.Int64() < unloadSizeMin || bytes.Int64() > unloadSizeMax {
		return badOption(o, must)
	}
	s.Unload.MaxFileSizeBytes = bytes.Int64()
	return nil
}

// partitionedBy reads the columns that become part of the files' names: the last ones of the select list, in its order.
func partitionedBy(s *plan.Statement, o *ast.UnloadOption) error {
	list, ok := o.Value.(*ast.Array)
	if !ok || len(list.Elems) == 0 {
		return badOption(o, "an array of column names")
	}
	first := len(s.Output) - len(list.Elems)
	if first < 1 {
		return dberr.At(o.Value.Position(), "UNLOAD must have a column that is not in partitioned_by")
	}
	for i, e := range list.Elems {
		c, name := s.Output[first+i], e.(*ast.Str)
		if !strings.EqualFold(c.Name, name.Value) {
			return dberr.At(name.Pos, "The columns of partitioned_by must be the last ones of the select list, in its order: found '%s' in place of '%s'", name.Value, c.Name)
		}
		switch c.Type.Kind {
		case types.KindArray, types.KindRow, types.KindTimeSeries:
			return dberr.At(name.Pos, "UNLOAD cannot be partitioned by column '%s' of type %s", c.Name, c.Type)
		}
		s.Unload.PartitionedBy = append(s.Unload.PartitionedBy, c.Name)
	}
	return nil
}

// What a key of an object may have, and what we need for the rest of it at most: "/results/" and the name of a file, which is
// the query's id, an underscore, a UUID and ".parquet".
const (
	objectKeyBytesMax  = 1024
	objectNameBytesMax = len("/results/") + 64 + 1 + 36 + len(".parquet")
)

// unloadKeyLength checks that the names of the files will not be too long: prefix, "column=value" of each partition column, and
// the rest. The values are not known yet; they have one byte or more. The texts are documented.
func unloadKeyLength(u *plan.Unload) error {
	columns := 0
	for _, name := range u.PartitionedBy {
		columns += len("/") + len(name) + len("=") + 1
	}
	const left = objectKeyBytesMax - objectNameBytesMax
	const tail = "will exceed the S3 allowed key length. See documentation for more details."
	by := strings.Join(u.PartitionedBy, ", ")
	switch {
	case len(u.Prefix) > left:
		return dberr.New(dberr.Invalid, "UNLOAD result file key when using the S3 prefix [%s] provided in the destination %s", u.Prefix, tail)
	case columns > left:
		return dberr.New(dberr.Invalid, "UNLOAD result file key when using partitioned_by [%s] %s", by, tail)
	case len(u.Prefix)+columns > left:
		return dberr.New(dberr.Invalid, "UNLOAD result file key when using the S3 prefix [%s] along with the partitioned_by [%s] %s", u.Prefix, by, tail)
	}
	return nil
}
