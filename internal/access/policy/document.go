package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Kind is what a document is for.
type Kind uint8

// The kinds of document.
const (
	Identity Kind = iota // what its owner may do
	Trust                // who may take a role
)

// documentBytesMax bounds a document. The service allows 10,240 characters for a role and 6,144 for a managed policy.
const documentBytesMax = 64 << 10

// Document is a policy that was understood as a whole.
type Document struct {
	// Warnings says which statements never match, and why. It is for the log.
	Warnings   []string
	statements []*statement
}

// statement is one statement of a document.
type statement struct {
	deny        bool
	actions     []*pattern // in lower case
	notActions  bool       // actions are those that the statement is not about
	resources   []*pattern // nil in trust policies
	notResource bool
	principals  *principals // of trust policies
	conditions  []*condition
	never       bool // a condition that no request fulfils
}

// written is a document as it is written.
type written struct {
	Version   string
	ID        string `json:"Id"`
	Statement oneOrMore[writtenStatement]
}

type writtenStatement struct {
	Sid          string
	Effect       string
	Action       oneOrMore[string]
	NotAction    oneOrMore[string]
	Resource     oneOrMore[string]
	NotResource  oneOrMore[string]
	Principal    json.RawMessage
	NotPrincipal json.RawMessage
	Condition    map[string]map[string]oneOrMore[scalar]
}

// oneOrMore is a list that may be written as its only element.
type oneOrMore[T any] []T

// UnmarshalJSON reads either form.
func (l *oneOrMore[T]) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		var many []T
		err := decodeStrict(data, &many)
		*l = many
		return err
	}
	var one T
	err := decodeStrict(data, &one)
	*l = oneOrMore[T]{one}
	return err
}

// scalar is a text that may be written as a number or a truth value.
type scalar string

// UnmarshalJSON reads any of the forms.
func (s *scalar) UnmarshalJSON(data []byte) error {
	switch {
	case len(data) > 0 && data[0] == '"':
		return json.Unmarshal(data, (*string)(s))
	case len(data) > 0 && (data[0] == '{' || data[0] == '[' || data[0] == 'n'):
		return errors.New("a value of a condition must be a text, a number, true or false")
	}
	*s = scalar(data)
	return nil
}

// decodeStrict reads JSON that has no members other than those of into, and nothing after it.
func decodeStrict(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something after the end of the document")
	}
	return nil
}

// Parse reads a document. Errors say which statement is wrong, counted from 1.
func Parse(data []byte, kind Kind) (*Document, error) {
	if len(data) > documentBytesMax {
		return nil, fmt.Errorf("the policy has more than %d bytes", documentBytesMax)
	}
	if err := CheckNames(data); err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	var w written
	if err := decodeStrict(data, &w); err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	variables := false
	switch w.Version {
	case "2012-10-17":
		variables = true
	case "", "2008-10-17":
	default:
		return nil, fmt.Errorf("the policy's Version is %q, but must be 2012-10-17 or 2008-10-17", w.Version)
	}
	if len(w.Statement) == 0 {
		return nil, errors.New("the policy has no Statement")
	}
	doc := &Document{}
	for i := range w.Statement {
		s, warning, err := newStatement(&w.Statement[i], kind, variables)
		name := fmt.Sprintf("statement %d", i+1)
		if sid := w.Statement[i].Sid; sid != "" {
			name += " (" + sid + ")"
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if warning != "" {
			doc.Warnings = append(doc.Warnings, name+": "+warning)
		}
		doc.statements = append(doc.statements, s)
	}
	return doc, nil
}

// newStatement reads one statement.
func newStatement(w *writtenStatement, kind Kind, variables bool) (s *statement, warning string, err error) {
	s = &statement{deny: w.Effect == "Deny"}
	if w.Effect != "Allow" && w.Effect != "Deny" {
		return nil, "", fmt.Errorf("its Effect is %q, but must be Allow or Deny", w.Effect)
	}
	if err := s.readActions(w); err != nil {
		return nil, "", err
	}
	if w.NotPrincipal != nil {
		return nil, "", errors.New("NotPrincipal is not supported")
	}
	switch kind {
	case Identity:
		if w.Principal != nil {
			return nil, "", errors.New("it has a Principal, which only trust policies have")
		}
		err = s.readResources(w, variables)
	case Trust:
		if w.Resource != nil || w.NotResource != nil {
			return nil, "", errors.New("it has a Resource, which trust policies have not")
		}
		s.principals, err = newPrincipals(w.Principal)
	}
	if err != nil {
		return nil, "", err
	}
	warning, err = s.readConditions(w, variables)
	return s, warning, err
}

// readActions reads Action or NotAction.
func (s *statement) readActions(w *writtenStatement) error {
	names := w.Action
	if s.notActions = w.NotAction != nil; s.notActions {
		names = w.NotAction
	}
	if len(names) == 0 || w.Action != nil && w.NotAction != nil {
		return errors.New("it must have either Action or NotAction")
	}
	for _, name := range names {
		service, action, found := strings.Cut(name, ":")
		if name != "*" && (!found || service == "" || action == "") {
			return fmt.Errorf("the action %q must be * or have the form service:Name", name)
		}
		p, err := newPattern(strings.ToLower(name), true, false)
		if err != nil {
			return err
		}
		s.actions = append(s.actions, p)
	}
	return nil
}

// readResources reads Resource or NotResource.
func (s *statement) readResources(w *writtenStatement, variables bool) error {
	names := w.Resource
	if s.notResource = w.NotResource != nil; s.notResource {
		names = w.NotResource
	}
	if len(names) == 0 || w.Resource != nil && w.NotResource != nil {
		return errors.New("it must have either Resource or NotResource")
	}
	for _, name := range names {
		p, err := newPattern(name, true, variables)
		if err != nil {
			return fmt.Errorf("resource %q: %w", name, err)
		}
		if name != "*" && (!strings.HasPrefix(name, "arn:") || strings.Count(withoutVariables(name), ":") < arnParts-1) {
			return fmt.Errorf("the resource %q must be * or an ARN of six parts", name)
		}
		s.resources = append(s.resources, p)
	}
	return nil
}

// withoutVariables removes ${...}, whose colons divide no ARN.
func withoutVariables(text string) string {
	for {
		before, rest, found := strings.Cut(text, "${")
		if !found {
			return text
		}
		_, after, _ := strings.Cut(rest, "}")
		text = before + after
	}
}

// readConditions reads Condition.
func (s *statement) readConditions(w *writtenStatement, variables bool) (warning string, err error) {
	for _, name := range slices.Sorted(maps.Keys(w.Condition)) {
		for _, key := range slices.Sorted(maps.Keys(w.Condition[name])) {
			values := make([]string, 0, len(w.Condition[name][key]))
			for _, v := range w.Condition[name][key] {
				values = append(values, string(v))
			}
			if !knownKey(foldKey(key)) {
				// What is about other services alone never concerns us.
				if s.concernsUs() && s.deny {
					return "", fmt.Errorf("the condition key %s is not known here, so that the Deny would be weaker than it reads", key)
				}
				if s.concernsUs() {
					warning = fmt.Sprintf("the condition key %s is not known here, so the statement allows nothing", key)
				}
				s.never = true
				continue
			}
			c, err := newCondition(name, key, values, variables)
			if err != nil {
				return "", err
			}
			s.conditions = append(s.conditions, c)
		}
	}
	return warning, nil
}

// ourServices begin the actions that are ever asked for, ourActions are those of others.
var (
	ourServices = []string{"timestream:", "sts:"}
	ourActions  = []string{"iam:passrole", "s3:putobject", "s3:getobject", "s3:listbucket", "s3:getbucketacl"}
)

// concernsUs reports whether a statement may be about one of our actions.
func (s *statement) concernsUs() bool {
	if s.notActions {
		return true
	}
	for _, p := range s.actions {
		for _, ours := range ourServices {
			if overlap(p.symbols, ours) {
				return true
			}
		}
		for _, ours := range ourActions {
			if glob(p.symbols, ours) {
				return true
			}
		}
	}
	return false
}

// overlap reports whether a pattern can match a text that begins so.
func overlap(symbols []symbol, begin string) bool {
	for i, c := range []rune(begin) {
		if i >= len(symbols) {
			return false
		}
		if symbols[i] == anyText {
			return true
		}
		if symbols[i] != anyChar && symbols[i] != c {
			return false
		}
	}
	return true
}
