package backup

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/folder"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// Format of the manifest; see docs/format/backup.md.
const (
	manifestKind    = "tidemark backup"
	manifestVersion = 1
)

// Manifest is what a backup says of itself: when and by what it was made, and its files.
type Manifest struct {
	Time    time.Time // of the moment that is backed up
	Release string    // what made it
	Base    string    // name of the backup whose files it has links to, "" for none
	Files   []File
}

// File is a file of a backup. Its name is relative to the backup and the same in the data folder.
type File struct {
	Name string
	Size int64
	Sum  uint32 // CRC-32C of its bytes
}

// Bytes returns the length of all files together.
func (m *Manifest) Bytes() int64 {
	var n int64
	for _, f := range m.Files {
		n += f.Size
	}
	return n
}

// The lines of a manifest: a head, one line for each file, an end.
type (
	headLine struct {
		Kind    string    `json:"kind"`
		Format  int       `json:"format"`
		Time    time.Time `json:"time"`
		Release string    `json:"release,omitempty"`
		Base    string    `json:"base,omitempty"`
	}
	fileLine struct {
		Name string `json:"name"`
		Size int64  `json:"size"`
		Sum  hexSum `json:"crc32c"`
	}
	endLine struct {
		Files int    `json:"files"`
		Sum   hexSum `json:"crc32c"` // of all lines before
	}
)

// hexSum is a checksum as a text of eight hexadecimal digits.
type hexSum uint32

// MarshalText implements encoding.TextMarshaler.
func (h hexSum) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%08x", uint32(h)), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *hexSum) UnmarshalText(text []byte) error {
	var v uint32
	if _, err := fmt.Sscanf(string(text), "%08x", &v); err != nil || fmt.Sprintf("%08x", v) != string(text) {
		return fmt.Errorf("%q is no checksum", text)
	}
	*h = hexSum(v)
	return nil
}

// castagnoli is the polynomial of all checksums.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encode returns the manifest's bytes.
func (m *Manifest) encode() []byte {
	var b bytes.Buffer
	line := func(v any) {
		text, err := json.Marshal(v)
		if err != nil {
			panic("bug: encode a backup manifest: " + err.Error())
		}
		b.Write(append(text, '\n'))
	}
	line(headLine{manifestKind, manifestVersion, m.Time.UTC(), m.Release, m.Base})
	for _, f := range m.Files {
		line(fileLine{Name: f.Name, Size: f.Size, Sum: hexSum(f.Sum)})
	}
	line(endLine{len(m.Files), hexSum(crc32.Checksum(b.Bytes(), castagnoli))})
	return b.Bytes()
}

// damaged returns the error for a backup that is not as it was made.
func damaged(format string, args ...any) error {
	return dberr.Wrap(dberr.Corruption, fmt.Errorf(format, args...), "The backup is damaged")
}

// Decode is the reverse of encode. It checks that names stay inside the backup.
func Decode(data []byte) (*Manifest, error) {
	lines := strings.SplitAfter(string(data), "\n")
	var head headLine
	if err := json.Unmarshal([]byte(lines[0]), &head); err != nil || head.Kind != manifestKind {
		return nil, damaged("%s: it is no manifest of a backup", folder.BackupName)
	}
	if head.Format > manifestVersion {
		return nil, dberr.Wrap(dberr.Unavailable, fmt.Errorf("%s has format %d, this release knows %d", folder.BackupName, head.Format, manifestVersion),
			"The backup was made by a newer release")
	}
	if n := len(lines); n < 3 || lines[n-1] != "" {
		return nil, damaged("%s: its end is missing", folder.BackupName)
	}
	last := lines[len(lines)-2]
	var end endLine
	if err := json.Unmarshal([]byte(last), &end); err != nil {
		return nil, damaged("%s: its end is missing", folder.BackupName)
	}
	files := lines[1 : len(lines)-2]
	if sum := crc32.Checksum(data[:len(data)-len(last)], castagnoli); hexSum(sum) != end.Sum || end.Files != len(files) {
		return nil, damaged("%s: bad checksum", folder.BackupName)
	}
	m := &Manifest{Time: head.Time, Release: head.Release, Base: head.Base}
	seen := map[string]bool{}
	for i, text := range files {
		var f fileLine
		if err := json.Unmarshal([]byte(text), &f); err != nil {
			return nil, damaged("%s, line %d: %w", folder.BackupName, i+2, err)
		}
		clean, err := vfs.CleanName(f.Name)
		if err != nil || clean != f.Name || clean == "." || f.Size < 0 || seen[clean] {
			return nil, damaged("%s, line %d: file %q of %d bytes", folder.BackupName, i+2, f.Name, f.Size)
		}
		seen[clean] = true
		m.Files = append(m.Files, File{f.Name, f.Size, uint32(f.Sum)})
	}
	return m, nil
}

// Read reads the manifest of the backup at the root of fs. The error is of kind NotFound if there is none.
func Read(fs vfs.FS) (*Manifest, error) {
	data, err := vfs.ReadAll(fs, folder.BackupName)
	if errors.Is(err, vfs.ErrNotExist) {
		return nil, dberr.New(dberr.NotFound, "There is no backup: the file %s is missing, which is written when a backup is whole", folder.BackupName)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", folder.BackupName, err)
	}
	return Decode(data)
}
