package access

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"github.com/tidemarkdb/tidemark/internal/access/policy"
)

// Temporary credentials carry all that the server knows of them in their token, encrypted with a key that never leaves it. So the
// server keeps no list of sessions, they survive a restart, and what a role may do is read from the file at each request: a role
// that is taken away or changed is so at once, for its running sessions, too.

// sessionToken is the content of a token. Names are short because the token travels with every request.
type sessionToken struct {
	AccessKeyID string          `json:"k"`
	Secret      string          `json:"s"`
	Role        string          `json:"r"`
	RoleID      string          `json:"i"` // so that a role of the same name elsewhere is another
	Name        string          `json:"n"`
	Issued      int64           `json:"t"` // seconds since 1970
	Expires     int64           `json:"e"`
	Policy      json.RawMessage `json:"p,omitempty"`
}

// tokenForm begins a token and says how the rest is encrypted; it is also what the rest is bound to.
const tokenForm = "TM1"

// tokenBytesMax is how long a token may be: one with the longest session policy has some 3.5 KB.
const tokenBytesMax = 8 << 10

// AssumeInput is what somebody asks for who wants to take a role.
type AssumeInput struct {
	RoleARN     string
	SessionName string
	ExternalID  string // "" for none
	Policy      string // that narrows what the session may do; "" for none
	Seconds     int64  // 0 for the default
}

// Assumed is a role that was taken.
type Assumed struct {
	AccessKeyID, Secret, Token string
	Expires                    time.Time
	ARN, ID                    string // of the session
	PackedPolicyPercent        int    // how much of its room the session policy takes
}

// policyBytesMax is how long a session policy may be. Source: API reference of AssumeRole.
const policyBytesMax = 2048

// Forms of the inputs. Source: API reference of AssumeRole.
var (
	sessionNameForm = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
	externalIDForm  = regexp.MustCompile(`^[\w+=,.@:/-]+$`)
)

// check says what is wrong with the form of an input, and reads its policy.
func (in *AssumeInput) check() (*policy.Document, error) {
	switch {
	case len(in.RoleARN) < 20 || len(in.RoleARN) > 2048 || !strings.HasPrefix(in.RoleARN, "arn:"):
		return nil, invalidParameter("RoleArn must be the ARN of a role, such as arn:aws:iam::123456789012:role/name")
	case !sessionNameForm.MatchString(in.SessionName):
		return nil, invalidParameter(`RoleSessionName must have 2 to 64 letters, digits, or characters of _+=,.@-`)
	case in.ExternalID != "" && (len(in.ExternalID) < 2 || len(in.ExternalID) > 1224 || !externalIDForm.MatchString(in.ExternalID)):
		return nil, invalidParameter(`ExternalId must have 2 to 1224 letters, digits, or characters of _+=,.@:/-`)
	case in.Seconds != 0 && (in.Seconds < sessionSecondMin || in.Seconds > sessionSecondMax):
		return nil, invalidParameter("DurationSeconds must be between %d and %d", sessionSecondMin, sessionSecondMax)
	case len(in.Policy) > policyBytesMax:
		return nil, invalidParameter("Policy must have at most %d characters", policyBytesMax)
	case in.Policy == "":
		return nil, nil
	}
	doc, err := policy.Parse([]byte(in.Policy), policy.Identity)
	if err != nil {
		return nil, &Error{MalformedPolicy, err.Error()}
	}
	return doc, nil
}

// AssumeAnything is AssumeRole where nobody is asked who he is: any role of any account can be taken, and whatever is signed by the
// credentials is taken like everything else. Programs that are set up to take a role work with it.
func AssumeAnything(in AssumeInput, now time.Time) (*Assumed, error) {
	if _, err := in.check(); err != nil {
		return nil, err
	}
	parts := strings.SplitN(in.RoleARN, ":", 6)
	if len(parts) < 6 {
		return nil, invalidParameter("RoleArn must be the ARN of a role, such as arn:aws:iam::123456789012:role/name")
	}
	seconds := in.Seconds
	if seconds == 0 {
		seconds = sessionDefault
	}
	name := in.RoleARN[strings.LastIndexByte(in.RoleARN, '/')+1:]
	return &Assumed{
		AccessKeyID: newKeyID("ASIA"), Secret: newSecret(), Token: tokenForm + newSecret(),
		Expires: now.Add(time.Duration(seconds) * time.Second).UTC().Truncate(time.Second),
		ARN:     "arn:aws:sts::" + parts[4] + ":assumed-role/" + name + "/" + in.SessionName, ID: uniqueID("AROA", in.RoleARN) + ":" + in.SessionName,
	}, nil
}

// assumeAction is what the trust policy and the policies of who takes a role are asked for.
const assumeAction = "sts:AssumeRole"

// AssumeRole lets p take a role if the role trusts it. context has the conditions' values of the request.
func (d *Directory) AssumeRole(p *Principal, in AssumeInput, context policy.Context) (*Assumed, error) {
	if _, err := in.check(); err != nil {
		return nil, err
	}
	r := d.state.Load().roleByARN(in.RoleARN)
	if r == nil { // as the service, which does not tell who asks whether there is such a role
		return nil, p.mayNotAssume(in.RoleARN, "")
	}
	inner := func(key string) ([]string, bool) {
		switch key {
		case policy.KeyExternalID:
			return []string{in.ExternalID}, in.ExternalID != ""
		case policy.KeySessionName:
			return []string{in.SessionName}, true
		}
		if context == nil {
			return nil, false
		}
		return context(key)
	}
	if err := p.checkTrust(r, inner); err != nil {
		return nil, err
	}
	seconds := in.Seconds
	switch {
	case seconds == 0:
		seconds = sessionDefault
	case p.Role != nil && seconds > sessionDefault:
		return nil, invalidParameter("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	case seconds > r.secondsMax:
		return nil, invalidParameter("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return d.newSession(p, r, in, seconds)
}

// serviceSession is the name of the session in which a service uses a role.
const serviceSession = "timestream"

// ServiceRole returns a role as the principal that it is when a service has taken it, which the role must trust.
func (d *Directory) ServiceRole(roleARN, service string) (*Principal, error) {
	r := d.state.Load().roleByARN(roleARN)
	now := d.opts.Clock.Now()
	if r == nil || !r.trust.TrustsService(service, serviceContext(d.opts.AccountID, now)) {
		return nil, &Error{Forbidden, "The role " + roleARN + " cannot be assumed: there is no such role, or its trust policy does not let " + service + " assume it"}
	}
	p := &Principal{AccountID: d.opts.AccountID, now: now}
	p.become(r, serviceSession, now)
	return p, nil
}

// serviceContext has the conditions' values of a service that takes a role.
func serviceContext(account string, now time.Time) policy.Context {
	service := &Principal{now: now}
	return service.context(func(key string) ([]string, bool) { return []string{account}, key == policy.KeySourceAcct })
}

// checkTrust demands that the role trusts p, and that nothing denies p to take it. Within the account a trust policy that names p
// is enough; one that names the account leaves it to the policies of p.
func (p *Principal) checkTrust(r *role, context policy.Context) error {
	trustee := &policy.Trustee{ARNs: []string{p.ARN}, Account: p.AccountID}
	if p.Role != nil {
		trustee.ARNs = append(trustee.ARNs, p.Role.RoleARN)
	}
	trusted := r.trust.Trusts(trustee, assumeAction, p.context(context))
	if trusted == policy.NotTrusted || trusted == policy.TrustDenied {
		return p.mayNotAssume(r.arn, "")
	}
	request := &policy.Request{Action: assumeAction, Resources: []string{r.arn}, Context: p.context(context)}
	own := policy.Decide(p.policies, request)
	if p.session != nil && own != policy.Denied {
		if session := policy.Decide([]*policy.Document{p.session}, request); session != policy.Allowed {
			own = session
		}
	}
	switch {
	case own == policy.Denied:
		return p.mayNotAssume(r.arn, " with an explicit deny in an identity-based policy")
	case own == policy.NotAllowed && (trusted != policy.TrustedByName || p.session != nil):
		return p.mayNotAssume(r.arn, " because no identity-based policy allows the "+assumeAction+" action")
	}
	return nil
}

func (p *Principal) mayNotAssume(roleARN, why string) error {
	return &Error{Forbidden, "User: " + p.ARN + " is not authorized to perform: " + assumeAction + " on resource: " + roleARN + why}
}

// newSession makes the credentials.
func (d *Directory) newSession(p *Principal, r *role, in AssumeInput, seconds int64) (*Assumed, error) {
	now := p.now.Unix()
	t := sessionToken{AccessKeyID: newKeyID("ASIA"), Secret: newSecret(), Role: r.name, RoleID: r.id, Name: in.SessionName,
		Issued: now, Expires: now + seconds}
	if in.Policy != "" {
		t.Policy = json.RawMessage(in.Policy)
	}
	content, err := json.Marshal(t) // #nosec G117 -- the secret is encrypted before it leaves the server
	if err != nil {
		return nil, err
	}
	session := &Principal{AccountID: d.opts.AccountID}
	session.become(r, in.SessionName, time.Unix(now, 0))
	return &Assumed{
		AccessKeyID: t.AccessKeyID, Secret: t.Secret, Expires: time.Unix(t.Expires, 0).UTC(),
		Token: tokenForm + base64.RawURLEncoding.EncodeToString(d.tokens.aead.Seal(nil, nil, content, []byte(tokenForm))),
		ARN:   session.ARN, ID: session.ID, PackedPolicyPercent: (len(in.Policy)*100 + policyBytesMax - 1) / policyBytesMax,
	}, nil
}

// findSession returns whose temporary credentials are.
func (d *Directory) findSession(s *state, accessKeyID, token string, now time.Time) (*Principal, string, error) {
	t, ok := d.openToken(token)
	if !ok || t.AccessKeyID != accessKeyID {
		return nil, "", errUnknownKey()
	}
	if now.Unix() >= t.Expires {
		return nil, "", errExpired()
	}
	r := s.roles[t.Role]
	if r == nil || r.id != t.RoleID {
		return nil, "", errUnknownKey()
	}
	p := &Principal{AccountID: d.opts.AccountID, AccessKeyID: accessKeyID, now: now}
	p.become(r, t.Name, time.Unix(t.Issued, 0))
	if t.Policy != nil {
		var err error
		if p.session, err = policy.Parse(t.Policy, policy.Identity); err != nil {
			return nil, "", errUnknownKey() // one of a version that knew more than this
		}
	}
	return p, t.Secret, nil
}

// openToken decrypts a token.
func (d *Directory) openToken(token string) (t sessionToken, ok bool) {
	text, found := strings.CutPrefix(token, tokenForm)
	if !found || len(token) > tokenBytesMax {
		return t, false
	}
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return t, false
	}
	content, err := d.tokens.aead.Open(nil, nil, sealed, []byte(tokenForm))
	if err == nil {
		err = json.Unmarshal(content, &t)
	}
	return t, err == nil
}

// roleByARN returns a role by its whole name.
func (s *state) roleByARN(arn string) *role {
	if r := s.roles[arn[strings.LastIndexByte(arn, '/')+1:]]; r != nil && r.arn == arn {
		return r
	}
	return nil
}
