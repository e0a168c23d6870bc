package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// principals are those whom a statement of a trust policy names.
type principals struct {
	everyone bool
	accounts []string // numbers of accounts, all of whose users are meant
	arns     []string // users, roles and sessions of roles
	services []string // such as ec2.amazonaws.com
}

// newPrincipals reads "*" or {"AWS": ..., "Service": ...}.
func newPrincipals(data json.RawMessage) (*principals, error) {
	if data == nil {
		return nil, errors.New("it has no Principal")
	}
	if string(data) == `"*"` {
		return &principals{everyone: true}, nil
	}
	var kinds map[string]oneOrMore[string]
	if err := decodeStrict(data, &kinds); err != nil || len(kinds) == 0 {
		return nil, errors.New(`its Principal must be "*" or an object such as {"AWS": "arn:aws:iam::123456789012:user/alice"}`)
	}
	p := &principals{}
	for kind, names := range kinds {
		switch kind {
		case "AWS":
			for _, name := range names {
				if err := p.add(name); err != nil {
					return nil, err
				}
			}
		case "Service":
			p.services = append(p.services, names...)
		case "Federated", "CanonicalUser": // there are none here
		default:
			return nil, fmt.Errorf("its Principal has the kind %q, but there are AWS, Service, Federated and CanonicalUser", kind)
		}
	}
	return p, nil
}

// add reads one name of the kind AWS.
func (p *principals) add(name string) error {
	parts := strings.SplitN(name, ":", arnParts)
	switch {
	case name == "*":
		p.everyone = true
	case isAccount(name):
		p.accounts = append(p.accounts, name)
	case len(parts) < arnParts || parts[0] != "arn" || parts[2] != "iam" && parts[2] != "sts" || !isAccount(parts[4]) || strings.ContainsAny(name, "*?"):
		return fmt.Errorf("the principal %q must be *, the number of an account, or the ARN of a user, a role or a session without wildcards", name)
	case parts[5] == "root":
		p.accounts = append(p.accounts, parts[4])
	default:
		p.arns = append(p.arns, name)
	}
	return nil
}

// isAccount reports whether a text is the number of an account.
func isAccount(text string) bool {
	return len(text) == 12 && strings.Trim(text, "0123456789") == ""
}

// Trustee is who wants to take a role.
type Trustee struct {
	ARNs    []string // of the user; or of the session and of its role
	Account string
}

// Trusted is how a trust policy decides.
type Trusted uint8

// The decisions of trust policies.
const (
	NotTrusted     Trusted = iota
	TrustDenied            // a Deny names the trustee
	TrustedAccount         // the account is trusted, which leaves it to the trustee's own policies
	TrustedByName          // the trustee itself is trusted, which is enough within an account
)

// Trusts decides whether a trust policy lets somebody do an action, mostly sts:AssumeRole.
func (d *Document) Trusts(t *Trustee, action string, context Context) Trusted {
	decision := NotTrusted
	for _, s := range d.statements {
		named := s.principals.trust(t)
		if named == NotTrusted || !s.about(strings.ToLower(action)) || !s.conditionsHold(context) {
			continue
		}
		if s.deny {
			return TrustDenied
		}
		decision = max(decision, named)
	}
	return decision
}

// trust tells how somebody is named.
func (p *principals) trust(t *Trustee) Trusted {
	if p.everyone {
		return TrustedByName
	}
	for _, arn := range t.ARNs {
		if slices.Contains(p.arns, arn) {
			return TrustedByName
		}
	}
	if slices.Contains(p.accounts, t.Account) {
		return TrustedAccount
	}
	return NotTrusted
}

// TrustsService reports whether a trust policy lets an AWS service take the role. Only a Deny means services by "*", too.
func (d *Document) TrustsService(name string, context Context) bool {
	trusted := false
	for _, s := range d.statements {
		named := slices.Contains(s.principals.services, name) || s.deny && s.principals.everyone
		if !named || !s.about("sts:assumerole") || !s.conditionsHold(context) {
			continue
		}
		if s.deny {
			return false
		}
		trusted = true
	}
	return trusted
}
