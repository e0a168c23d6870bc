package api

import (
	"crypto/sha256"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/tidemarkdb/tidemark/internal/access"
	"github.com/tidemarkdb/tidemark/internal/access/policy"
	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
	"github.com/tidemarkdb/tidemark/internal/api/sigv4"
	"github.com/tidemarkdb/tidemark/internal/engine"
)

// Who may do what, in three steps. identify looks at the headers: whose key is it, for which service, how old is the signature? Only
// then is memory taken for the body and the body read. prove compares the signature with all of the request. authorize asks the
// caller's policies for what the operation does; statements are asked for by the engine, table by table (permit).

// Services that requests are signed for.
const (
	serviceTimestream = "timestream"
	serviceSTS        = "sts"
)

// Bounds of Options.SkewMax.
const (
	SkewDefault = 5 * time.Minute
	SkewLimit   = 15 * time.Minute
)

// claimed is what a call says of its caller before that is proven.
type claimed struct {
	claim     *sigv4.Claim
	secret    string
	principal *access.Principal
	verified  bool // the signature, if not yet that it is of the body
}

// identify finds out who claims to call, without the body. If nobody needs a key it does nothing.
func (h *handler) identify(c *call, service string) error {
	if h.opts.Access == nil {
		return nil
	}
	claim, err := sigv4.Parse(c.r)
	if err != nil {
		return err
	}
	c.claimed.claim = claim
	if err := claim.CheckScope(service); err != nil {
		return err
	}
	if err := claim.CheckTime(h.opts.Clock.Now(), h.opts.SkewMax); err != nil {
		return err
	}
	principal, secret, err := h.opts.Access.Find(claim.AccessKeyID, claim.Token)
	if err != nil {
		return err
	}
	c.claimed = claimed{claim: claim, secret: secret, principal: principal}
	c.claimed.verified, err = claim.VerifyAhead(c.r, secret)
	return err
}

// prove compares the signature with the request, whose body has been read. From then on c.principal is who calls.
func (h *handler) prove(c *call) error {
	if h.opts.Access == nil {
		return nil
	}
	if err := c.claimed.claim.Verify(c.r, c.claimed.secret, sha256.Sum256(c.body.Bytes())); err != nil {
		return err
	}
	c.principal = c.claimed.principal
	return nil
}

// authorize demands that the caller may do the call's operation with its input.
func (h *handler) authorize(c *call) error {
	if h.opts.Access == nil && h.opts.Audit == nil {
		return nil
	}
	list, known := needs[c.operation]
	if !known {
		return c.allow("*", everything(c)) // an operation without a line in the table is for those who may do everything
	}
	for _, n := range list {
		if err := c.allow(n.action, n.to(c)); err != nil {
			return err
		}
	}
	return nil
}

// allow demands that the caller may do an action to a target.
func (c *call) allow(action string, to target) error {
	if len(to.names) == 0 {
		return nil
	}
	action = fullAction(action)
	c.touched = append(c.touched, to.names[0])
	switch {
	case c.anyone: // what the call touches is for the audit log alone
		return nil
	case c.principal == nil:
		panic("bug: a request is to be allowed whose caller was not proven")
	}
	if err := c.principal.Authorize(action, to.names, c.conditions(to)); err != nil {
		return err
	}
	for _, part := range to.parts {
		each := to
		each.names, each.tagged = []string{part}, part
		if err := c.principal.Authorize(action, each.names, c.conditions(each)); err != nil {
			return c.principal.Forbidden(action, to.names[0]) // which part is not for everybody to know
		}
	}
	return nil
}

// permit returns what the engine asks for each thing that a statement does; nil if nobody wants to know.
func (h *handler) permit(c *call) func(engine.Permission) error {
	if h.opts.Access == nil && h.opts.Audit == nil {
		return nil
	}
	return func(p engine.Permission) error { return c.allow(p.Action, permissionTarget(c.engine, p)) }
}

// principalARN returns who calls, "" if nobody is asked.
func (c *call) principalARN() string {
	if c.principal == nil {
		return ""
	}
	return c.principal.ARN
}

// conditions returns what policies' conditions can know of a request.
func (c *call) conditions(to target) policy.Context {
	return func(key string) ([]string, bool) {
		prefix, tag, _ := strings.Cut(key, "/")
		switch prefix + "/" {
		case policy.KeyRequestTag:
			return c.requestTag(tag)
		case policy.KeyResourceTag, policy.KeyServiceTag:
			value, ok := c.engine.TagOf(to.tagged, tag)
			return []string{value}, ok
		}
		var value string
		switch key {
		case policy.KeyTagKeys:
			keys := c.tagKeys()
			return keys, len(keys) > 0
		case policy.KeySourceIP:
			value = sourceAddress(c.r)
		case policy.KeySecure:
			value = "false"
			if c.r.TLS != nil {
				value = "true"
			}
		case policy.KeyUserAgent:
			value = c.r.UserAgent()
		case policy.KeyRegion:
			value = c.region
		case policy.KeyPrefix:
			value = to.prefix
		case policy.KeyPassedTo:
			if to.passed {
				value = ourService
			}
		}
		return []string{value}, value != ""
	}
}

// requestTag returns a tag that the request gives to a resource.
func (c *call) requestTag(key string) ([]string, bool) {
	for _, t := range c.tags() {
		if t.Lookup("Key").Text() == key {
			return []string{t.Lookup("Value").Text()}, true
		}
	}
	return nil, false
}

// tagKeys returns the keys of all tags that the request gives or takes away.
func (c *call) tagKeys() []string {
	var keys []string
	for _, t := range c.tags() {
		keys = append(keys, t.Lookup("Key").Text())
	}
	if c.in != nil {
		list := c.in.Lookup("TagKeys").Elems()
		for i := range list {
			keys = append(keys, list[i].Text())
		}
	}
	return keys
}

// tags returns the tags in the request.
func (c *call) tags() []awsjson.Value {
	if c.in == nil {
		return nil
	}
	return c.in.Lookup("Tags").Elems()
}

// sourceAddress returns the IP address that a request came from.
func sourceAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
