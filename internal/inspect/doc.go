// Package inspect tells what is in a data folder, a backup, or one of their files, and whether it is right. It only reads: a folder is not
// opened but looked at, and a start is tried on an overlay that keeps its changes in memory.
//
// Where to look:
//
//	report.go              what is found, and how it is printed
//	file.go, segment.go    one file, recognised by how it begins
//	folder.go, verify.go   a folder: an overview by table, and all checks
//
// What is wrong in the bytes is a problem in the report; an error means that they could not be read. Example:
//
//	report, err := inspect.Folder(ctx, vfs.OS(dir), inspect.FolderOptions{Verify: true})
//	err = report.Print(os.Stdout)
package inspect
