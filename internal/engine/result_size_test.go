package engine

import (
	"fmt"
	"strings"
	"testing"
)

// The service ends a query whose columns take more than 100 KB to describe. We do not: accepted difference 12.
func TestColumnsOfAnyNumber(t *testing.T) {
	a := newAsker(t)
	var items []string
	for i := range 600 {
		items = append(items, fmt.Sprintf("%d AS %s%d", i, strings.Repeat("x", 250), i))
	}
	_, page := a.rows(QueryRequest{QueryString: "SELECT " + strings.Join(items, ", ")})
	if len(page.Columns) != len(items) {
		t.Errorf("%d columns", len(page.Columns))
	}
}
