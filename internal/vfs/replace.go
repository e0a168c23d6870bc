package vfs

import "path"

// TmpSuffix ends the name of a file that ReplaceFile is writing. A crash may leave one behind.
const TmpSuffix = ".tmp"

// ReplaceFile makes a file of the given bytes durable under a name, in place of one that has it: the bytes are written to a file
// beside it and synced, that gets the name, and the folder is synced. After an error either file may have the name.
func ReplaceFile(fs FS, name string, data []byte) error {
	f, err := fs.Create(name + TmpSuffix)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = fs.Rename(name+TmpSuffix, name)
	}
	if err == nil {
		err = fs.SyncDir(path.Dir(name))
	}
	return err
}
