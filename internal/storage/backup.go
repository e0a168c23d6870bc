package storage

import (
	"context"
	"errors"

	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/wal"
)

// What a backup needs is what a start finds: a manifest, the files that it names, and the log from its mark on. All of them but
// the manifest stay as they are until they are removed (index files and the log's last file grow, which does not touch the bytes
// that count now). So a moment of the store is a list of names and lengths and the manifest's bytes; taking it copies nothing,
// rotates nothing and syncs nothing. It is the state that a crash at this moment would leave, minus what was not acknowledged.
//
// The alternative, flushing first or beginning a new log file, would make writers wait for the disk.

// Moment calls take with the files that hold everything that was acknowledged before. None of them is removed before take
// returns; take must pin them if it needs them longer, and must be quick: changes of files wait for it, writes do not.
func (s *Store) Moment(ctx context.Context, take func([]vfs.Piece)) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.ops.Done()
	// While manifestMu is held the manifest is the one on disk, and the files that it made obsolete may be on their way out but
	// those that it names are not.
	s.manifestMu.Lock()
	defer s.manifestMu.Unlock()
	var log []vfs.Piece
	if err := s.do(ctx, func() { log = s.log.Pieces(s.manifest.walFirst) }); err != nil {
		return err
	}
	take(append(s.manifest.pieces(s.manifest.encode()), log...))
	return nil
}

// Moment lists the files of a store that nobody has open, as an Open would read them. It changes nothing.
func Moment(fs vfs.FS) ([]vfs.Piece, error) {
	data, err := vfs.ReadAll(fs, manifestName)
	if errors.Is(err, vfs.ErrNotExist) {
		return nil, damaged(manifestName, "file is missing")
	}
	if err != nil {
		return nil, err
	}
	m, err := decodeManifest(data)
	if err != nil {
		return nil, err
	}
	log, err := wal.Pieces(wal.Options{FS: fs, Dir: walDir, Suffix: walSuffix, First: m.walFirst})
	if err != nil {
		return nil, err
	}
	return append(m.pieces(data), log...), nil
}

// pieces lists the manifest, whose bytes are data, and the files of tables that it names.
func (m *manifest) pieces(data []byte) []vfs.Piece {
	list := []vfs.Piece{{Name: manifestName, Size: int64(len(data)), Content: data}}
	for i := range m.tables {
		t := &m.tables[i]
		if t.index != 0 {
			list = append(list, vfs.Piece{Name: indexName(t.id, t.index), Size: t.indexLength})
		}
		for _, info := range t.segments {
			list = append(list, vfs.Piece{Name: segmentName(t.id, info.file), Size: info.bytes, Fixed: true})
		}
	}
	return list
}
