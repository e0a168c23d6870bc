package storage

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// Every name in the data folder:
//
//	LOCK                 held by the process that uses the folder
//	MANIFEST             which files count; docs/format/manifest.md
//	wal/00000042.wal     the log; docs/format/wal.md
//	tables/7/1234.idx    series and columns of table 7; docs/format/index.md
//	tables/7/1235.seg    rows of table 7; docs/format/segment.md
const (
	lockName        = "LOCK"
	manifestName    = "MANIFEST"
	manifestTmpName = "MANIFEST.tmp"
	walDir          = "wal"
	walSuffix       = ".wal"
	tablesDir       = "tables"
	indexSuffix     = ".idx"
	segmentSuffix   = ".seg"
)

// tableDir returns the folder of a table.
func tableDir(id TableID) string { return path.Join(tablesDir, strconv.FormatUint(uint64(id), 10)) }

// indexName returns the name of an index file.
func indexName(id TableID, file uint64) string {
	return path.Join(tableDir(id), fmt.Sprintf("%d%s", file, indexSuffix))
}

// segmentName returns the name of a segment.
func segmentName(id TableID, file uint64) string {
	return path.Join(tableDir(id), fmt.Sprintf("%d%s", file, segmentSuffix))
}

// parseTableFile returns the number of a file in a table's folder, false for a name that is not ours.
func parseTableFile(name string) (file uint64, suffix string, ok bool) {
	suffix = path.Ext(name)
	if suffix != indexSuffix && suffix != segmentSuffix {
		return 0, "", false
	}
	digits := strings.TrimSuffix(name, suffix)
	file, err := strconv.ParseUint(digits, 10, 64)
	return file, suffix, err == nil && strconv.FormatUint(file, 10) == digits
}
