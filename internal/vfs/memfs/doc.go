// Package memfs is a disk in memory for tests. It knows what a power cut would leave: which bytes of each file and which
// names of each directory have been synced. Crash and CrashClean return such a disk as a new FS, to be opened by the code
// under test as if the machine had just come up; the old FS goes on as if nothing had happened. CrashKeep is what a program
// leaves that was killed: all is there, but what was not synced can still be lost.
//
// Example:
//
//	disk := memfs.New()
//	... write to a store on disk ...
//	after := disk.Crash(rand.New(rand.NewPCG(seed, 0)))
//	... open a store on after: whatever was acknowledged must be there ...
package memfs
