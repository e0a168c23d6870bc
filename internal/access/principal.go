package access

import (
	"strconv"
	"strings"
	"time"

	"github.com/tidemarkdb/tidemark/internal/access/policy"
)

// Principal is somebody who calls: a user, or a session of a role.
type Principal struct {
	ARN         string // of the user, or of the session
	AccountID   string
	ID          string // unique, in the service's form
	AccessKeyID string
	UserName    string // of a user, else ""
	Role        *RoleSession
	now         time.Time
	policies    []*policy.Document
	session     *policy.Document // that AssumeRole was given, nil if none
}

// RoleSession is what a session of a role has beyond other principals.
type RoleSession struct {
	RoleARN, RoleName, RoleID, Path string
	SessionName                     string
	Issued                          time.Time
}

// instanceSession is the name of the session that an access key of a role stands for.
const instanceSession = "instance"

// Find returns whose an access key is, and its secret. Nothing is proven by that: the caller has to show that he has the secret.
func (d *Directory) Find(accessKeyID, token string) (*Principal, string, error) {
	now := d.opts.Clock.Now()
	s := d.state.Load()
	if token != "" {
		return d.findSession(s, accessKeyID, token, now)
	}
	k := s.keys[accessKeyID]
	if k == nil {
		return nil, "", errUnknownKey()
	}
	p := &Principal{ARN: k.owner.arn, AccountID: d.opts.AccountID, ID: k.owner.id, AccessKeyID: accessKeyID, UserName: k.owner.name,
		now: now, policies: k.owner.policies}
	if k.role != nil {
		p.become(k.role, instanceSession, time.Time{})
	}
	return p, k.secret, nil
}

// become makes p a session of a role.
func (p *Principal) become(r *role, session string, issued time.Time) {
	p.UserName, p.policies = "", r.policies
	p.ID = r.id + ":" + session
	p.ARN = "arn:aws:sts::" + p.AccountID + ":assumed-role/" + r.name + "/" + session
	p.Role = &RoleSession{r.arn, r.name, r.id, r.path, session, issued}
}

// Type returns what sort of principal it is, as audit logs and conditions call it.
func (p *Principal) Type() string {
	if p.Role != nil {
		return "AssumedRole"
	}
	return "IAMUser"
}

// Authorize returns nil if p may do an action to a resource, which policies may call by any of some names. Otherwise the error says
// why not, in the service's words. context has the conditions' values that belong to the request and the resource.
func (p *Principal) Authorize(action string, resources []string, context policy.Context) error {
	r := &policy.Request{Action: action, Resources: resources, Context: p.context(context)}
	switch policy.Decide(p.policies, r) {
	case policy.Denied:
		return p.forbidden(r, "with an explicit deny in an identity-based policy")
	case policy.NotAllowed:
		return p.forbidden(r, "because no identity-based policy allows the "+action+" action")
	}
	if p.session == nil {
		return nil
	}
	switch policy.Decide([]*policy.Document{p.session}, r) {
	case policy.Denied:
		return p.forbidden(r, "with an explicit deny in a session policy")
	case policy.NotAllowed:
		return p.forbidden(r, "because no session policy allows the "+action+" action")
	}
	return nil
}

// Forbidden returns the error that p may not do an action to a resource, for a reason that is nobody's business.
func (p *Principal) Forbidden(action, resource string) error {
	return p.forbidden(&policy.Request{Action: action, Resources: []string{resource}}, "")
}

// forbidden is the error that p may not do something.
func (p *Principal) forbidden(r *policy.Request, why string) error {
	text := "User: " + p.ARN + " is not authorized to perform: " + r.Action
	if name := r.Resources[0]; name != "*" {
		text += " on resource: " + name
	}
	return &Error{Forbidden, strings.TrimSuffix(text+" "+why, " ")}
}

// context adds what is known of p to the conditions' values of a request.
func (p *Principal) context(request policy.Context) policy.Context {
	return func(key string) ([]string, bool) {
		var value string
		switch key {
		case policy.KeyUserName:
			value = p.UserName
		case policy.KeyUserID:
			value = p.ID
		case policy.KeyPrincipalARN:
			value = p.ARN
			if p.Role != nil {
				value = p.Role.RoleARN
			}
		case policy.KeyPrincipalAcct, policy.KeyResourceAcct, policy.KeyBucketAcct: // everything is in one account
			value = p.AccountID
		case policy.KeyPrincipalType:
			value = strings.TrimPrefix(p.Type(), "IAM")
		case policy.KeyTokenIssued:
			if p.Role != nil && !p.Role.Issued.IsZero() {
				value = p.Role.Issued.UTC().Format(time.RFC3339)
			}
		case policy.KeyCurrentTime:
			value = p.now.UTC().Format(time.RFC3339)
		case policy.KeyEpochTime:
			value = strconv.FormatInt(p.now.Unix(), 10)
		default:
			if request == nil {
				return nil, false
			}
			return request(key)
		}
		return []string{value}, value != ""
	}
}
