// Package process builds the tidemark program and runs it as a real process, for tests and benchmarks that need what an
// in-process server cannot give them: being killed, exit codes, memory and garbage collection of its own. It starts
// servers on free ports and makes AWS SDK clients for them. Product code does not import it. Example:
//
//	binary, err := process.Build(dir)
//	server, err := process.Start(process.Options{Binary: binary, Data: data})
//	defer server.Kill()
//	reader := server.Reader()
package process
