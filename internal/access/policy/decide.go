package policy

import "strings"

// Request is something that somebody wants to do.
type Request struct {
	Action string // such as timestream:Select; case does not matter
	// Resources are the names that policies may call the thing by that it is done to: mostly one ARN, or "*" for actions that
	// have no resource. Where there are several, one that is allowed is enough, and one that is denied is too much.
	Resources []string
	Context   Context // of the conditions; tags of the resource are those of the thing, whichever name is used
}

// Decision is what documents say to a request.
type Decision uint8

// The decisions.
const (
	NotAllowed Decision = iota // no document says anything
	Denied                     // a document denies it, whatever others allow
	Allowed
)

// Decide tells what documents say together.
func Decide(docs []*Document, r *Request) Decision {
	action := strings.ToLower(r.Action)
	decision := NotAllowed
	for _, d := range docs {
		for _, s := range d.statements {
			if !s.about(action) || !s.aboutAny(r.Resources, r.Context) || !s.conditionsHold(r.Context) {
				continue
			}
			if s.deny {
				return Denied
			}
			decision = Allowed
		}
	}
	return decision
}

// about reports whether a statement is about an action in lower case.
func (s *statement) about(action string) bool {
	for _, p := range s.actions {
		if glob(p.symbols, action) {
			return !s.notActions
		}
	}
	return s.notActions
}

// aboutAny reports whether a statement is about one of the names of a resource.
func (s *statement) aboutAny(names []string, context Context) bool {
	for _, name := range names {
		if s.aboutResource(name, context) {
			return true
		}
	}
	return false
}

func (s *statement) aboutResource(name string, context Context) bool {
	for _, p := range s.resources {
		symbols, ok := p.expand(context)
		if !ok {
			if s.notResource { // a name that cannot be told is not excluded from what is allowed, but is from what is denied
				return s.deny
			}
			continue
		}
		if len(symbols) == 1 && symbols[0] == anyText || matchesARN(symbols, name) {
			return !s.notResource
		}
	}
	return s.notResource
}

// conditionsHold reports whether a request fulfils all conditions of a statement.
func (s *statement) conditionsHold(context Context) bool {
	if s.never {
		return false
	}
	for _, c := range s.conditions {
		if !c.holds(context, s.deny) {
			return false
		}
	}
	return true
}
