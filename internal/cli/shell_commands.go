package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/cli/render"
	"github.com/tidemarkdb/tidemark/internal/cli/sqltext"
)

// shellHelp is what \? prints.
const shellHelp = `\d                 list databases
\d DATABASE        list the tables of a database
\d DATABASE.TABLE  list the columns of a table
\m DATABASE.TABLE  list the measures of a table
\o [FORMAT]        show or set the output format: table, csv or json
\timing [on|off]   print times and sizes after results, or not
\?                 this list
\q                 leave

A statement ends with a semicolon and may have several lines. Ctrl-C drops what is typed, or cancels the query that is
running; Ctrl-D on an empty line leaves. Names with dots or other special characters go in double quotes.`

// command runs a command that begins with a backslash and reports whether the session is over.
func (s *session) command(ctx context.Context, line string) bool {
	name, argument, _ := strings.Cut(strings.TrimSuffix(line, ";"), " ")
	argument = strings.TrimSpace(argument)
	switch name {
	case `\q`:
		return true
	case `\?`, `\h`:
		s.say("%s", shellHelp)
	case `\d`:
		s.list(ctx, argument)
	case `\m`:
		s.measures(ctx, argument)
	case `\o`:
		s.setFormat(argument)
	case `\timing`:
		s.setTiming(argument)
	default:
		s.say(`unknown command %s: \? lists what there is`, name)
	}
	return false
}

// list shows databases, the tables of one, or the columns of a table.
func (s *session) list(ctx context.Context, argument string) {
	names, err := splitName(argument)
	switch {
	case err != nil:
		s.say("%v", err)
	case len(names) == 0:
		_ = s.runInterruptible(ctx, "SHOW DATABASES") // the error has been shown
	case len(names) == 1:
		_ = s.runInterruptible(ctx, "SHOW TABLES FROM "+sqltext.Identifier(names[0]))
	default:
		_ = s.runInterruptible(ctx, "DESCRIBE "+sqltext.Identifier(names[0])+"."+sqltext.Identifier(names[1]))
	}
}

// measures shows the measures of a table.
func (s *session) measures(ctx context.Context, argument string) {
	names, err := splitName(argument)
	switch {
	case err != nil:
		s.say("%v", err)
	case len(names) != 2:
		s.say(`say which table: \m DATABASE.TABLE`)
	default:
		_ = s.runInterruptible(ctx, "SHOW MEASURES FROM "+sqltext.Identifier(names[0])+"."+sqltext.Identifier(names[1]))
	}
}

// setFormat changes the output format, or shows it.
func (s *session) setFormat(format string) {
	if format == "" {
		s.say("the output format is %s", s.format)
		return
	}
	if err := render.CheckFormat(format); err != nil {
		s.say("%v", err)
		return
	}
	s.format = format
}

// setTiming switches the line after results on or off.
func (s *session) setTiming(argument string) {
	switch argument {
	case "":
		s.status = !s.status
	case "on":
		s.status = true
	case "off":
		s.status = false
	default:
		s.say(`say \timing on or \timing off`)
		return
	}
	if s.status {
		s.say("timing is on")
	} else {
		s.say("timing is off")
	}
}

// splitName cuts "database.table" into its names, of which there may be none, one or two. A name in double quotes may
// have dots and doubled quotes in it; the names come back without quotes around them.
func splitName(text string) ([]string, error) {
	var names []string
	for rest := text; rest != ""; {
		var name string
		if rest[0] == '"' {
			end := 1
			for end < len(rest) && (rest[end] != '"' || end+1 < len(rest) && rest[end+1] == '"') {
				if rest[end] == '"' {
					end++
				}
				end++
			}
			if end >= len(rest) {
				return nil, errors.New("a double quote is missing")
			}
			name, rest = strings.ReplaceAll(rest[1:end], `""`, `"`), rest[end+1:]
		} else {
			end := strings.IndexByte(rest, '.')
			if end < 0 {
				end = len(rest)
			}
			name, rest = strings.TrimSpace(rest[:end]), rest[end:]
		}
		names = append(names, name)
		rest = strings.TrimSpace(rest)
		more, dotted := strings.CutPrefix(rest, ".")
		if name == "" || rest != "" && !dotted || dotted && more == "" {
			return nil, errors.New("write a name as DATABASE or DATABASE.TABLE")
		}
		rest = strings.TrimSpace(more)
	}
	if len(names) > 2 {
		return nil, errors.New("write a name as DATABASE.TABLE; a name with dots in it goes in double quotes")
	}
	return names, nil
}
