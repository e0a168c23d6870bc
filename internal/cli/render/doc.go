// Package render writes query results, as Query returns them, as a table for people, as CSV or as JSON. A Writer gets the
// columns first, then pages of rows, then the end; CSV and JSON are written page by page, a table once its first rows
// have shown how wide the columns are. Example:
//
//	w, err := render.New("table", os.Stdout, render.Options{Width: 120})
//	w.Begin(page.ColumnInfo)
//	w.Rows(page.Rows)
//	w.End()
package render
