package engine

import (
	"encoding/base64"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// listPosition is the last entry of a page: the next page begins after it. database is empty in lists of one database.
type listPosition struct {
	database, name string
}

// Kinds of list, so that a token of one is not taken by another. Kinds and databases hold none of the line ends that separate
// the parts; keys of tags may.
const (
	listDatabases = "databases"
	listAllTables = "tables"
	listTables    = "tables " // and the name of the database
	listTags      = "tags "   // and the ARN of the resource

	listScheduledQueries = "scheduled queries"
)

// listToken makes an opaque text of a position.
func listToken(kind string, p listPosition) string {
	return base64.RawURLEncoding.EncodeToString([]byte(kind + "\n" + p.database + "\n" + p.name))
}

// pageAfter returns the position after which a page of up to limit entries begins: that of a token, which is the reverse of
// listToken, or for the empty token the one before the first entry.
func pageAfter(kind, token string, limit int) (listPosition, error) {
	if limit < 1 {
		return listPosition{}, dberr.New(dberr.Invalid, "A page must have at least one entry.")
	}
	if token == "" {
		return listPosition{}, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	parts := strings.SplitN(string(text), "\n", 3)
	if err != nil || len(parts) != 3 || parts[0] != kind {
		return listPosition{}, errInvalidToken()
	}
	return listPosition{parts[1], parts[2]}, nil
}
