// Package optimizer rewrites a plan into one that means the same and reads less. rules.go lists every rule in the order in which
// they run, one file holds each rule. A plan is right without any of them; tests run statements with and without.
package optimizer
