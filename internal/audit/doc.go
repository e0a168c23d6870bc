// Package audit keeps a file of who did what: a line of JSON for each request, in the form of AWS CloudTrail's events, so that tools
// for those can read it. It knows nothing of requests; the door fills in events.
//
// Recording takes no request long. Lines go through a queue to one goroutine, which writes them at least each second, and syncs the
// file when the log is closed. So a crash of the machine loses the events of its last moments, and a crash of the process those of at most its last
// second. When the file cannot be written as fast as requests come, a request waits a tenth of a second at most; then its event is lost,
// and so are events while the disk is full. How many were lost is the next event that can be written, named AuditEventsLost.
//
//	log, err := audit.Open("audit.log", audit.Options{Logger: logger})
//	log.Record(&audit.Event{Name: "CreateTable", ...})
//	err = log.Reopen() // after the file was renamed
//	err = log.Close()
package audit
