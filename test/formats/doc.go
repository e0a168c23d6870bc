// Package formats keeps a small data folder of each release, and sees to it that the present program reads them all: what is in
// testdata/NAME is opened in memory, and the statements of testdata/NAME.slt get the answers that they got when it was made. The
// commands of package slt go on writing, flushing and merging there, too.
//
// A new folder, before a release that changes a format:
//
//	go test ./test/formats -keep NAME
package formats
