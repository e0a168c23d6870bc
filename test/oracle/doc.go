// Package oracle puts the statements of test/slt to Trino, of whose dialect ours is a child, and tells where the answers
// differ; it also records Trino's answers as new files. run.sh starts a server for it; without one its tests of the
// comparison itself run and the others are skipped. README.md says how to use it.
//
// A statement goes through translate, which writes what has another form in Trino (1.5 is a decimal there, 5m unknown);
// the answer goes through answerOf, which writes types and values as we do. What still differs is a bug, or is listed in
// known-differences.txt with its reason.
package oracle
