package engine

// Names on disk at the root of the data directory. Everything else lies below the folders and is named by the package
// that owns it.
const (
	lockName   = "LOCK"    // locked by the process that uses the directory
	catalogDir = "catalog" // internal/catalog
	dataDir    = "data"    // internal/storage
	objectsDir = "objects" // internal/objectstore, unless objects are kept elsewhere
)
