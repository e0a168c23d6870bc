package awsjson

// Describe appends v to w as audit logs have it: members with a small first letter, and secret ones only if their name is shown. What
// is absent is left out.
func (v *Value) Describe(w *Writer, shown func(member string) bool) {
	switch v.shape.Kind {
	case Boolean:
		w.Bool(v.num != 0)
	case String:
		w.Text(v.text)
	case List:
		w.Open('[')
		for i := range v.parts {
			if v.parts[i].Present() {
				v.parts[i].Describe(w, shown)
			}
		}
		w.Close('[')
	case Structure:
		w.Open('{')
		for i := range v.parts {
			name, part := v.shape.Members[i].Name, &v.parts[i]
			if part.Present() && (!part.shape.Sensitive || shown(name)) {
				w.Key(lowerCamel(name))
				part.Describe(w, shown)
			}
		}
		w.Close('{')
	default:
		w.Int(v.num)
	}
}
