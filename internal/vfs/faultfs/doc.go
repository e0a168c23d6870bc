// Package faultfs wraps a file system and fails chosen operations, for tests. A test usually fails the first operation,
// then the second, and so on, until a run goes through without meeting its fault:
//
//	for n := 1; ; n++ {
//		disk := memfs.New()
//		fault := faultfs.New(disk)
//		rule := fault.Add(faultfs.Rule{Nth: n, Match: faultfs.Changes})
//		... run, with fault as the file system; it may fail ...
//		... look at disk, or at a crash copy of it: nothing may be lost ...
//		if !rule.Fired() {
//			break
//		}
//	}
package faultfs
