// Package sqltext handles statements as text, before they are sent: cutting a script into statements, expanding Grafana's
// macros, and pointing at the place of an error. It does not parse SQL; only quotes and comments matter to it. Example:
//
//	for _, s := range sqltext.Split(script) {
//		text, err := macros.Expand(s.Text)
//		...
//	}
package sqltext
