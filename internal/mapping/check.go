package mapping

import (
	"slices"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// Check finds what is wrong with a model whatever the columns are. The error is for the client. Source: rules of target
// configurations and of data models.
func (m *Model) Check() error {
	switch {
	case m.TimeColumn == "":
		return invalid("The data model must name a time column.")
	case len(m.Dimensions) == 0:
		return invalid("The data model must have at least one dimension mapping.")
	case m.Multi == nil && len(m.Mixed) == 0:
		return invalid("The data model must have either multi-measure mappings or mixed measure mappings.")
	case m.Multi != nil && len(m.Mixed) > 0:
		return invalid("The data model must not have both multi-measure mappings and mixed measure mappings.")
	}
	dimensions := map[string]bool{}
	for i := range m.Dimensions {
		d := &m.Dimensions[i]
		if d.Source == "" {
			return invalid("Dimension mapping %d of the data model must name a source column.", i+1)
		}
		if dimensions[d.name()] {
			return invalid("The dimension '%s' is mapped more than once.", d.name())
		}
		dimensions[d.name()] = true
	}
	if m.Multi != nil {
		return m.checkMulti(dimensions)
	}
	return m.checkMixed(dimensions)
}

// invalid returns an error about the model.
func invalid(format string, args ...any) error { return dberr.New(dberr.Invalid, format, args...) }

// checkMulti checks the mappings to one multi-measure record.
func (m *Model) checkMulti(dimensions map[string]bool) error {
	switch {
	case m.Multi.MeasureName == "" && m.MeasureNameColumn == "":
		return invalid("Multi-measure mappings need a target multi-measure name or a measure name column.")
	case m.Multi.MeasureName != "" && m.MeasureNameColumn != "":
		return invalid("The data model must not have both a target multi-measure name and a measure name column.")
	}
	return checkAttributes("The multi-measure mappings", m.Multi.Attributes, dimensions, map[string]Type{})
}

// checkMixed checks the mappings to several records.
func (m *Model) checkMixed(dimensions map[string]bool) error {
	types := map[string]Type{}
	targets := map[[2]string]bool{} // rows that a mapping applies to, and measure name
	for i := range m.Mixed {
		x := &m.Mixed[i]
		switch {
		case x.Type == 0:
			return invalid("Mixed measure mapping %d must have a measure value type.", i+1)
		case x.Type == Timestamp:
			return invalid("TIMESTAMP is an invalid measure value type.")
		case x.MeasureName == "" && m.MeasureNameColumn != "":
			return invalid("Mixed measure mapping %d must have a measure name, because the data model has a measure name column.", i+1)
		case x.Type != MultiMeasure && x.Source == "":
			return invalid("Mixed measure mapping %d of type %s must name a source column.", i+1, x.Type)
		case x.Type != MultiMeasure && len(x.Attributes) > 0:
			return invalid("Mixed measure mapping %d of type %s must not have multi-measure attribute mappings.", i+1, x.Type)
		case x.measure() == "":
			return invalid("Mixed measure mapping %d must have a target measure name.", i+1)
		}
		key := [2]string{"", x.measure()}
		if m.MeasureNameColumn != "" {
			key[0] = x.MeasureName
		}
		if targets[key] {
			return invalid("The measure name '%s' is the target of more than one mixed measure mapping for the same rows.", x.measure())
		}
		targets[key] = true
		if x.Type == MultiMeasure {
			if err := checkAttributes("Mixed measure mapping "+x.measure(), x.Attributes, dimensions, types); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkAttributes checks the attributes of one record. types has those that other records of the model have.
func checkAttributes(what string, list []Attribute, dimensions map[string]bool, types map[string]Type) error {
	if len(list) == 0 {
		return invalid("%s must have at least one multi-measure attribute mapping.", what)
	}
	here := map[string]bool{}
	for i := range list {
		a := &list[i]
		name := a.name()
		switch {
		case a.Source == "":
			return invalid("%s: attribute mapping %d must name a source column.", what, i+1)
		case a.Type == MultiMeasure:
			return invalid("MULTI is an invalid type of the attribute '%s'.", name)
		case here[name]:
			return invalid("The attribute '%s' is mapped more than once for the same record.", name)
		case dimensions[name]:
			return invalid("The name '%s' is used for both a dimension and an attribute.", name)
		}
		if t, ok := types[name]; ok && t != a.kind() {
			return invalid("The attribute '%s' has the types %s and %s.", name, t, a.kind())
		}
		here[name], types[name] = true, a.kind()
	}
	return nil
}

// find returns the place of a column.
func find(columns []string, name string) (int, error) {
	i := slices.Index(columns, name)
	switch {
	case i < 0:
		return 0, invalid("The column '%s' of the data model does not exist.", name)
	case slices.Contains(columns[i+1:], name):
		return 0, invalid("The column '%s' of the data model is ambiguous: there are several of that name.", name)
	}
	return i, nil
}
