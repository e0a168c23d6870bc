package segment_test

import (
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/storage/segment"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// pageExample returns the bytes of the example in the format page: the lines of its block "hex", each an offset, bytes,
// and perhaps a remark after two spaces and a semicolon.
func pageExample(t *testing.T) []byte {
	t.Helper()
	page, err := os.ReadFile("../../../docs/format/segment.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(page), "```hex\n")
	block, _, ok2 := strings.Cut(rest, "```")
	if !ok || !ok2 {
		t.Fatal("the page has no example")
	}
	var out []byte
	for line := range strings.Lines(block) {
		code, _, _ := strings.Cut(strings.TrimSpace(line), ";")
		offset, code, _ := strings.Cut(code, " ")
		if want := fmt.Sprintf("%04x", len(out)); offset != want {
			t.Fatalf("line %q begins at %s", line, want)
		}
		b, err := hex.DecodeString(strings.ReplaceAll(code, " ", ""))
		if err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		out = append(out, b...)
	}
	return out
}

// exampleModel is the rows of the example in the format page.
func exampleModel() *model {
	columns := []segment.Column{{Name: "load", Type: types.Double}, {Name: "state", Type: types.Varchar}}
	return &model{
		meta: segment.Meta{Table: 3, WindowFrom: 0, WindowTo: 3600e9, MaxSequence: 42, Columns: columns},
		runs: []modelRun{
			{series: 7, times: []int64{10e9, 20e9, 30e9}, versions: []int64{1, 1, 1}, cols: [][]types.Value{{1.5, nil, 2.25}, {"up", "down", "up"}}},
			{series: 9, times: []int64{15e9}, versions: []int64{1}, cols: [][]types.Value{{0.5}, {"up"}}},
		},
	}
}

// wantModel checks that bytes are a segment of the rows of a model.
func wantModel(t *testing.T, m *model, bytes []byte) {
	t.Helper()
	disk := memfs.New()
	if err := disk.SetBytes(file, bytes); err != nil {
		t.Fatal(err)
	}
	if err := segment.Verify(disk, file); err != nil {
		t.Error(err)
	} else if wrong, err := m.difference(open(t, disk, nil)); wrong != "" || err != nil {
		t.Error(wrong, err)
	}
}

// Files of the first version of the format are read: this is the example as its page had it.
func TestFirstVersion(t *testing.T) {
	old, err := os.ReadFile("testdata/version-1.seg")
	if err != nil {
		t.Fatal(err)
	}
	wantModel(t, exampleModel(), old)
}

// The example in the format page is what a reader reads and a writer writes.
func TestFormatPage(t *testing.T) {
	m, example, disk := exampleModel(), pageExample(t), memfs.New()
	m.meta.Level = segment.Cold
	wantModel(t, m, example)
	if _, err := m.write(newRand(t), disk, file); err != nil {
		t.Fatal(err)
	}
	if written, err := disk.Bytes(file); err != nil || string(written) != string(example) {
		t.Errorf("the writer writes\n%s", hex.Dump(written))
	}
}
