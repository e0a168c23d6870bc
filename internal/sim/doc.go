// Package sim drives a storage.Store from a seed and compares it with a model: a map of rows and the rules of versions.
//
// One goroutine does everything, on a disk in memory and a clock that is moved by hand, so a seed always gives the same
// run. Steps are writes (new, late, repeated and newer rows, conflicts), scans, flushes, merges, dropping of old rows and
// of tables, clock jumps, faults of the disk, orderly restarts and power cuts. After each of them the store must answer as
// the model does; after a power cut it must hold what it acknowledged, and a batch whose write failed as a whole or not at
// all.
//
// The test takes flags for longer runs:
//
//	go test ./internal/sim -sim.seeds 1000 -sim.steps 2000
//	go test ./internal/sim -sim.seed 17 -sim.steps 400      # repeat one run
package sim
