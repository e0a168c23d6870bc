package backup

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// TestFormatPage: the manifest in the format page is what this code writes, and it reads it.
func TestFormatPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/format/backup.md")
	must(t, err)
	_, example, _ := strings.Cut(string(page), "```json\n")
	example, _, _ = strings.Cut(example, "```")
	m := &Manifest{
		Time: now, Release: "tidemark v1.0.0", Base: "2026-11-20T060000.000Z",
		Files: []File{{"data/MANIFEST", 60, 0x7aed036d}, {"data/tables/1/2.seg", 400, 0xfff}},
	}
	if got := string(m.encode()); got != example {
		t.Fatalf("written:\n%s\non the page:\n%s", got, example)
	}
	read, err := Decode([]byte(example))
	must(t, err)
	if !reflect.DeepEqual(read, m) {
		t.Fatalf("read %+v, want %+v", read, m)
	}
}

// TestDecode: names that lead out of a backup, a newer format and missing ends are refused.
func TestDecode(t *testing.T) {
	good := string((&Manifest{Time: now, Files: []File{{Name: "a"}}}).encode())
	for what, m := range map[string][]byte{
		"nothing":           nil,
		"a line":            []byte("x\n"),
		"no end":            []byte(good[:strings.LastIndex(good[:len(good)-1], "\n")+1]),
		"half an end":       []byte(good[:len(good)-1]),
		"a name outside":    (&Manifest{Files: []File{{Name: "../a"}}}).encode(),
		"an absolute name":  (&Manifest{Files: []File{{Name: "/a"}}}).encode(),
		"no name":           (&Manifest{Files: []File{{Name: ""}}}).encode(),
		"one name twice":    (&Manifest{Files: []File{{Name: "a"}, {Name: "a"}}}).encode(),
		"a negative length": (&Manifest{Files: []File{{Name: "a", Size: -1}}}).encode(),
	} {
		if _, err := Decode(m); !dberr.Is(err, dberr.Corruption) {
			t.Errorf("%s: %v", what, err)
		}
	}
	newer := strings.Replace(good, `"format":1`, `"format":2`, 1)
	if _, err := Decode([]byte(newer)); !dberr.Is(err, dberr.Unavailable) || !strings.Contains(err.Error(), "newer release") {
		t.Errorf("a newer format: %v", err)
	}
}

// FuzzDecode: any bytes are a manifest or an error; a manifest is written again as it was read.
func FuzzDecode(f *testing.F) {
	f.Add((&Manifest{Time: now, Release: "r", Base: "b", Files: []File{{"a/b", 3, 4}}}).encode())
	f.Add([]byte("{}\n{}\n{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Decode(data)
		if err != nil {
			return
		}
		again, err := Decode(m.encode())
		if err != nil || len(again.Files) != len(m.Files) {
			t.Fatalf("read again: %+v, %v", again, err)
		}
	})
}
