package api

import (
	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
	"github.com/tidemarkdb/tidemark/internal/mapping"
)

// The part of data models that batch loads and scheduled queries have in common: how rows become measures.

// readMeasures fills in the measures of a model.
func readMeasures(m *mapping.Model, v *awsjson.Value) {
	m.MeasureNameColumn = v.Get("MeasureNameColumn").Text()
	if multi := v.Get("MultiMeasureMappings"); multi.Present() {
		m.Multi = &mapping.Multi{MeasureName: multi.Get("TargetMultiMeasureName").Text(), Attributes: attributesOf(multi)}
	}
	mixed := v.Get("MixedMeasureMappings").Elems()
	for i := range mixed {
		x := &mixed[i]
		kind, _ := mapping.ParseType(x.Get("MeasureValueType").Text()) // the shape has checked it
		m.Mixed = append(m.Mixed, mapping.Mixed{MeasureName: x.Get("MeasureName").Text(), Source: x.Get("SourceColumn").Text(),
			Target: x.Get("TargetMeasureName").Text(), Type: kind, Attributes: attributesOf(x)})
	}
}

// attributesOf returns the mappings of attributes that a structure has.
func attributesOf(v *awsjson.Value) []mapping.Attribute {
	var out []mapping.Attribute
	list := v.Get("MultiMeasureAttributeMappings").Elems()
	for i := range list {
		kind, _ := mapping.ParseType(list[i].Get("MeasureValueType").Text()) // "" is none, the shape has checked others
		out = append(out, mapping.Attribute{Source: list[i].Get("SourceColumn").Text(), Name: list[i].Get("TargetMultiMeasureAttributeName").Text(), Type: kind})
	}
	return out
}

// writeMeasures adds the measures of a model as they were given.
func writeMeasures(w *awsjson.Writer, m *mapping.Model) {
	if m.Multi != nil {
		w.Key("MultiMeasureMappings")
		w.Open('{')
		writeIfSet(w, "TargetMultiMeasureName", m.Multi.MeasureName)
		writeAttributes(w, m.Multi.Attributes)
		w.Close('{')
	}
	if len(m.Mixed) > 0 {
		w.Key("MixedMeasureMappings")
		w.Open('[')
		for i := range m.Mixed {
			x := &m.Mixed[i]
			w.Open('{')
			writeIfSet(w, "MeasureName", x.MeasureName)
			writeIfSet(w, "SourceColumn", x.Source)
			writeIfSet(w, "TargetMeasureName", x.Target)
			writeIfSet(w, "MeasureValueType", x.Type.String())
			writeAttributes(w, x.Attributes)
			w.Close('{')
		}
		w.Close('[')
	}
	writeIfSet(w, "MeasureNameColumn", m.MeasureNameColumn)
}

// writeAttributes adds the mappings of attributes, if there are any.
func writeAttributes(w *awsjson.Writer, list []mapping.Attribute) {
	if len(list) == 0 {
		return
	}
	w.Key("MultiMeasureAttributeMappings")
	w.Open('[')
	for _, a := range list {
		w.Open('{')
		writeIfSet(w, "SourceColumn", a.Source)
		writeIfSet(w, "TargetMultiMeasureAttributeName", a.Name)
		writeIfSet(w, "MeasureValueType", a.Type.String())
		w.Close('{')
	}
	w.Close('[')
}
