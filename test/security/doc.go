// Package security runs the program with authentication on and shows, through SDKs and plain HTTP, that it refuses what it must:
// each refusal with the error that the service gives. doc.go is here because everything else is tests.
package security
