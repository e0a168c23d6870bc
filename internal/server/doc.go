// Package server puts the parts together: it opens the engine on a data folder, serves the API on one port, fills in the demo
// data if asked to, and stops everything in reverse order.
package server
