// Package api is the door for clients of Amazon Timestream for LiveAnalytics: both services, timestream-write and
// timestream-query, on one HTTP handler in the protocol AWS JSON 1.0.
//
// A request comes in at router.go, is decoded and checked against its shape (shapes.go), and goes to the one file that has
// its operation (op_*.go), which calls the engine. Answers and errors (errors.go, the only place that knows AWS codes) are
// built in memory as a whole and written at once: some SDKs repeat a request whose answer arrives in pieces. Who calls, and whether
// he may, is decided in auth.go by what permissions.go says that operations need.
//
//	handler := api.New(engine, api.Options{Logger: logger})
//	http.ListenAndServe(":8086", handler)
package api
