package catalog

import (
	"errors"
	"fmt"
	"path"

	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/wal"
)

// Moment calls take with the files that hold the catalog. Changes wait until it returns, so that whatever else take looks at is
// of the same moment; none of the files is removed before. take must be quick.
func (c *Catalog) Moment(take func([]vfs.Piece) error) error {
	err := c.begin()
	defer c.changing.Unlock()
	if err != nil {
		return err
	}
	files, err := Moment(c.fs, c.dir)
	if err != nil {
		return err
	}
	return take(files)
}

// Moment lists the files of a catalog that nobody changes meanwhile, as an Open would read them. It changes nothing.
func Moment(fs vfs.FS, dir string) ([]vfs.Piece, error) {
	names, err := fs.List(dir)
	if errors.Is(err, vfs.ErrNotExist) {
		return nil, damaged(errors.New("its folder is missing"))
	}
	if err != nil {
		return nil, fmt.Errorf("list catalog: %w", err)
	}
	first := uint64(1)
	var list []vfs.Piece
	if numbers := snapshotNumbers(names); len(numbers) > 0 {
		first = numbers[len(numbers)-1]
		name := path.Join(dir, fmt.Sprintf(snapshotName, first))
		size, err := vfs.FileSize(fs, name)
		if err != nil {
			return nil, fmt.Errorf("find length of catalog snapshot: %w", err)
		}
		list = append(list, vfs.Piece{Name: name, Size: size})
	}
	log, err := wal.Pieces(wal.Options{FS: fs, Dir: dir, Suffix: logSuffix, First: first})
	return append(list, log...), err
}
