package api

import "github.com/tidemarkdb/tidemark/internal/engine"

// seenRecord is how the record before was written. Programs write all records of a request alike, so that most of a body
// need only be compared with what was read already: keys, names and types; what is left to read are values and times. The
// bytes compared are those of the body itself, so that no way of writing is assumed.
type seenRecord struct {
	members    []seenMember    // in order
	attributes []seenAttribute // in order
}

// seenMember is the key of a record's member, from its quote to the colon.
type seenMember struct {
	text   []byte
	member recordMember
}

// seenAttribute is an attribute of a multi-measure record: all but its value.
type seenAttribute struct {
	before []byte // from the bracket to where the value begins
	after  []byte // from the value to the bracket
	name   string
	kind   engine.MeasureType
}

// seenMembersMax bounds how many members of a record are kept in mind: a body may repeat them.
const seenMembersMax = 16

// forget drops what was seen, which shares the body's memory.
func (s *seenRecord) forget() {
	clear(s.members)
	clear(s.attributes)
	s.members, s.attributes = s.members[:0], s.attributes[:0]
}

// recordMember says which member of a record a key is.
type recordMember uint8

// The members of a record.
const (
	memberUnknown recordMember = iota
	memberMeasureName
	memberMeasureValue
	memberMeasureValueType
	memberTime
	memberTimeUnit
	memberVersion
	memberDimensions
	memberMeasureValues
)

// recordMemberOf returns which member a key is.
func recordMemberOf(key []byte) recordMember {
	switch string(key) {
	case "MeasureName":
		return memberMeasureName
	case "MeasureValue":
		return memberMeasureValue
	case "MeasureValueType":
		return memberMeasureValueType
	case "Time":
		return memberTime
	case "TimeUnit":
		return memberTimeUnit
	case "Version":
		return memberVersion
	case "Dimensions":
		return memberDimensions
	case "MeasureValues":
		return memberMeasureValues
	}
	return memberUnknown
}

// member reads the key of member k of a record.
func (d *recordDecoder) member(k int) recordMember {
	s, seen := &d.scan, d.seen.members
	if k < len(seen) && s.Accept(seen[k].text) {
		return seen[k].member
	}
	from := s.Offset()
	m := seenMember{member: recordMemberOf(s.Key())}
	m.text = s.Since(from)
	switch {
	case k < len(seen):
		seen[k] = m
	case k < seenMembersMax:
		d.seen.members = append(seen, m)
	}
	return m.member
}

// seenAttribute reads attribute k of a record if it is written like the one before at this place.
func (d *recordDecoder) seenAttribute(k int) (v engine.MeasureValue, ok bool) {
	if k >= len(d.seen.attributes) {
		return v, false
	}
	s, seen := &d.scan, &d.seen.attributes[k]
	from := s.Offset()
	if !s.Accept(seen.before) {
		return v, false
	}
	v = engine.MeasureValue{Name: seen.name, Value: d.filled(valueBytesEasy), Type: seen.kind}
	if !s.Accept(seen.after) {
		s.Back(from)
		return v, false
	}
	return v, true
}

// attribute reads attribute k of a record, and keeps in mind how it is written if it has each member once and no others.
func (d *recordDecoder) attribute(k int) engine.MeasureValue {
	s := &d.scan
	var v engine.MeasureValue
	var seen seenAttribute
	from, to, members := s.Offset(), 0, 0
	for more := s.Open('{'); more; more = s.More('{') {
		members++
		switch string(s.Key()) {
		case "Name":
			v.Name = d.filled(0)
		case "Value":
			s.Offset() // leaves blanks behind
			seen.before = s.Since(from)
			v.Value = d.filled(valueBytesEasy)
			to = s.Offset()
		case "Type":
			v.Type = d.measureType()
		default:
			s.SkipValue()
		}
	}
	if members != 3 || v.Name == "" || v.Value == "" || v.Type == 0 || s.Err() != nil {
		return v
	}
	seen.after, seen.name, seen.kind = s.Since(to), v.Name, v.Type
	switch {
	case k < len(d.seen.attributes):
		d.seen.attributes[k] = seen
	case k == len(d.seen.attributes) && k < attributesMax:
		d.seen.attributes = append(d.seen.attributes, seen)
	}
	return v
}
