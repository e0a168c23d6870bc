// Package sim drives a storage.Store, or a whole engine.Engine, from a seed and compares it with a model: maps of rows and the rules of
// versions.
//
// Everything happens on a disk in memory and with a clock that is moved by hand, so a seed always gives the same run. Steps are
// writes (new, late, repeated and newer rows, conflicts), scans, flushes, merges, dropping of old rows and of tables, changes of
// databases and tables, clock jumps in both directions, a disk that fills, fails, or fails to sync and works again, orderly
// restarts, killed programs and power cuts.
//
// Copies of the disk are taken in the middle of these calls, several of one moment, as a power cut could leave them. Each is opened,
// perhaps while the disk fails or the power is cut again, and must hold what was acknowledged, and a call under way as a whole or
// not at all; it must go on working, and hold the same after another start.
//
// Concurrent runs let everything happen at once, and check what readers and copies of the disk show against what was acknowledged
// before and sent after.
//
//	actions.go                     what may happen, and how often: the place to add a new ability
//	core.go, camera.go, disk.go    calls, copies of the disk, and what befalls the machine
//	store.go, storeactions.go      a store, what should be in it, and what is done to it
//	engine.go, engineactions.go    an engine, likewise
//	concurrent.go                  everything at once
//	model.go, generate.go          the rules of a table; rows
//	run.go                         runs, and shortening those that fail
//
// The test takes flags for longer runs:
//
//	go test ./internal/sim -run Simulation -sim.time 1h -sim.seed 1000 -timeout 5h -v
//	go test ./internal/sim -run Simulation -sim.clones 10000 -timeout 1h -v
//	go test ./internal/sim -run TestStoreSimulation -sim.runs 1 -sim.seed 17     # repeat one run
package sim
