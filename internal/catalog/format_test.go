package catalog

import (
	"encoding/hex"
	"flag"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

var rewrite = flag.Bool("rewrite", false, "write the example of today into the format page")

const formatPage = "../../docs/format/catalog.md"

var hexBlock = regexp.MustCompile("(?s)```hex\n(.*?)```")

// TestFormatPage: the snapshot in the format page is what this code writes, and it reads it.
func TestFormatPage(t *testing.T) {
	c := open(t, memfs.New())
	if err := c.CreateDatabase(Database{Name: "devops", KMSKeyID: "key", CreatedAt: 1704449700123, UpdatedAt: 1704449700123}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateTable(Table{Database: "devops", Name: "cpu", MemoryHours: 6, MagneticDays: 73000, PartitionKey: []PartitionKey{{Type: KeyMeasure}}, CreatedAt: 1704449700123, UpdatedAt: 1704449700123}); err != nil {
		t.Fatal(err)
	}
	data, err := c.state.encodeSnapshot()
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(formatPage)
	if err != nil {
		t.Fatal(err)
	}
	if *rewrite {
		page = hexBlock.ReplaceAll(page, []byte("```hex\n"+hex.Dump(data)+"```"))
		if err := os.WriteFile(formatPage, page, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	block := hexBlock.FindSubmatch(page)
	if block == nil || string(block[1]) != hex.Dump(data) {
		t.Fatalf("the page differs from what is written:\n%s", hex.Dump(data))
	}

	var shown []byte // the bytes of the page, from its middle columns
	for line := range strings.Lines(string(block[1])) {
		digits := strings.Join(strings.Fields(line[9:min(59, len(line))]), "")
		b, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatal(err)
		}
		shown = append(shown, b...)
	}
	fs := memfs.New()
	write(t, fs, "catalog/00000001.snapshot", shown)
	s := newState()
	if _, err := s.readSnapshot(fs, "catalog", 1); err != nil {
		t.Fatal(err)
	}
	s.sortNames()
	if got, want := describe(&Catalog{state: s}), describe(c); !reflect.DeepEqual(got, want) {
		t.Errorf("read %v, want %v", got, want)
	}
}
