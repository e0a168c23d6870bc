package slt

import (
	"regexp"
	"strings"
)

// Statement is a statement that a file runs.
type Statement struct {
	SQL   string
	Fails bool // the file expects an error
}

// Summary is what a file has, for pages and checks about the files themselves.
type Summary struct {
	Source     string // what the file names as the source of its answers
	Statements []Statement
	Assertions int // answers, errors, plans and lists of columns that are compared; each line of eval is one
}

var sourceLine = regexp.MustCompile(`(?m)^# source: *(.*)$`)

// Summarize reads a file without running it.
func Summarize(file string) (Summary, error) {
	var out Summary
	if m := sourceLine.FindStringSubmatch(file); m != nil {
		out.Source = strings.TrimSpace(m[1])
	}
	commands, err := parse(file)
	if err != nil {
		return out, err
	}
	for _, c := range commands {
		switch c.name {
		case "query", "unload", "columns", "plan", "error":
			out.Statements = append(out.Statements, Statement{SQL: c.sql(), Fails: c.name == "error"})
			out.Assertions++
		case "prepare", "reject":
			out.Assertions++
		case "eval":
			for _, line := range c.body {
				if expr, kind, _ := evalParts(line); expr != "" {
					out.Statements = append(out.Statements, Statement{SQL: "SELECT " + expr, Fails: kind == "error"})
					out.Assertions++
				}
			}
		}
	}
	return out, nil
}
