package api

import (
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemarkdb/tidemark/internal/access"
	"github.com/tidemarkdb/tidemark/internal/api/sigv4"
	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// Two operations of AWS's Security Token Service, for programs that take a role before they call the database. It has another
// protocol: a form goes in, XML comes out. Since SDKs send it to the same port when AWS_ENDPOINT_URL is set, it is served there.

// Names of the protocol.
const (
	stsVersion  = "2011-06-15"
	stsSpace    = "https://sts.amazonaws.com/doc/2011-06-15/"
	stsAssume   = "AssumeRole"
	stsIdentity = "GetCallerIdentity"
	formMedia   = "application/x-www-form-urlencoded"
)

// contentTypeXML is the Content-Type of all answers of STS.
var contentTypeXML = []string{"text/xml"}

// isSTS reports whether a request is for STS: a form without the target that all operations of the database have.
func isSTS(r *http.Request) bool {
	media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return r.Method == http.MethodPost && r.URL.Path == "/" && len(r.Header["X-Amz-Target"]) == 0 && strings.EqualFold(strings.TrimSpace(media), formMedia)
}

// Errors of the protocol.
var (
	errForm          = errors.New("the request's body is not a form")
	errInvalidAction = errors.New("unknown action")
)

// serveSTS carries out an operation of STS; its answer is in c.out then.
func (h *handler) serveSTS(w http.ResponseWriter, c *call) error {
	c.sts = true
	if err := h.receive(w, c, serviceSTS); err != nil {
		return err
	}
	defer c.leave()
	form, err := url.ParseQuery(c.body.String())
	if err != nil {
		return errForm
	}
	if v := form.Get("Version"); v != "" && v != stsVersion {
		return errInvalidAction
	}
	switch action := form.Get("Action"); action {
	case stsAssume:
		c.operation = action
		return h.assumeRole(c, form)
	case stsIdentity:
		c.operation = action
		return h.callerIdentity(c)
	}
	return errInvalidAction
}

// assumeParameters are the inputs of AssumeRole that are supported.
var assumeParameters = []string{"Action", "Version", "RoleArn", "RoleSessionName", "DurationSeconds", "ExternalId", "Policy"}

// assumeAnswer is the answer of AssumeRole.
type assumeAnswer struct {
	XMLName xml.Name `xml:"AssumeRoleResponse"`
	Space   string   `xml:"xmlns,attr"`
	ARN     string   `xml:"AssumeRoleResult>AssumedRoleUser>Arn"`
	ID      string   `xml:"AssumeRoleResult>AssumedRoleUser>AssumedRoleId"`
	Key     string   `xml:"AssumeRoleResult>Credentials>AccessKeyId"`
	Secret  string   `xml:"AssumeRoleResult>Credentials>SecretAccessKey"`
	Token   string   `xml:"AssumeRoleResult>Credentials>SessionToken"`
	Expires string   `xml:"AssumeRoleResult>Credentials>Expiration"`
	Packed  int      `xml:"AssumeRoleResult>PackedPolicySize,omitempty"`
	Request string   `xml:"ResponseMetadata>RequestId"`
}

// assumeRole gives the caller temporary credentials of a role.
func (h *handler) assumeRole(c *call, form url.Values) error {
	for name, values := range form {
		if !slices.Contains(assumeParameters, name) {
			return &access.Error{Reason: access.InvalidParameter, Text: "Tidemark does not support the parameter " + strconv.Quote(name) + " of AssumeRole."}
		}
		if len(values) > 1 {
			return &access.Error{Reason: access.InvalidParameter, Text: "The parameter " + name + " is there twice."}
		}
	}
	in := access.AssumeInput{RoleARN: form.Get("RoleArn"), SessionName: form.Get("RoleSessionName"), ExternalID: form.Get("ExternalId"), Policy: form.Get("Policy")}
	if text := form.Get("DurationSeconds"); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 32)
		if err != nil || seconds <= 0 {
			return &access.Error{Reason: access.InvalidParameter, Text: "DurationSeconds must be a number of seconds"}
		}
		in.Seconds = seconds
	}
	c.touched, c.assuming = append(c.touched, in.RoleARN), &in
	var taken *access.Assumed
	var err error
	if c.principal != nil {
		taken, err = h.opts.Access.AssumeRole(c.principal, in, c.conditions(target{}))
	} else {
		taken, err = access.AssumeAnything(in, h.opts.Clock.Now())
	}
	if err != nil {
		return err
	}
	c.assumed = &assumeAnswer{Space: stsSpace, ARN: taken.ARN, ID: taken.ID, Key: taken.AccessKeyID, Secret: taken.Secret, Token: taken.Token,
		Expires: taken.Expires.Format(time.RFC3339), Packed: taken.PackedPolicyPercent, Request: c.requestID}
	return c.answerXML(c.assumed)
}

// identityAnswer is the answer of GetCallerIdentity.
type identityAnswer struct {
	XMLName xml.Name `xml:"GetCallerIdentityResponse"`
	Space   string   `xml:"xmlns,attr"`
	ARN     string   `xml:"GetCallerIdentityResult>Arn"`
	ID      string   `xml:"GetCallerIdentityResult>UserId"`
	Account string   `xml:"GetCallerIdentityResult>Account"`
	Request string   `xml:"ResponseMetadata>RequestId"`
}

// callerIdentity tells the caller who he is, which needs no permission. If nobody is asked, everybody is the account itself.
func (h *handler) callerIdentity(c *call) error {
	answer := &identityAnswer{Space: stsSpace, Request: c.requestID, Account: h.opts.AccountID, ID: h.opts.AccountID,
		ARN: "arn:aws:iam::" + h.opts.AccountID + ":root"}
	if p := c.principal; p != nil {
		answer.ARN, answer.ID, answer.Account = p.ARN, p.ID, p.AccountID
	}
	return c.answerXML(answer)
}

// answerXML makes a value the answer.
func (c *call) answerXML(value any) error {
	text, err := xml.Marshal(value)
	c.out.Buf = append(c.out.Buf, text...)
	return err
}

// stsError is the answer to a request that failed.
type stsError struct {
	XMLName xml.Name `xml:"ErrorResponse"`
	Space   string   `xml:"xmlns,attr"`
	Type    string   `xml:"Error>Type"`
	Code    string   `xml:"Error>Code"`
	Message string   `xml:"Error>Message"`
	Request string   `xml:"RequestId"`
}

// STS has names of its own for the same errors.
var (
	stsSignatureCodes = map[sigv4.Reason]code{
		sigv4.Missing:    {http.StatusForbidden, "MissingAuthenticationToken"},
		sigv4.Incomplete: {http.StatusForbidden, "IncompleteSignature"},
		sigv4.Invalid:    {http.StatusForbidden, "SignatureDoesNotMatch"},
	}
	stsAccessCodes = map[access.Reason]code{
		access.UnknownKey:       {http.StatusForbidden, "InvalidClientTokenId"},
		access.Expired:          {http.StatusForbidden, "ExpiredToken"},
		access.Forbidden:        {http.StatusForbidden, "AccessDenied"},
		access.InvalidParameter: {http.StatusBadRequest, "ValidationError"},
		access.MalformedPolicy:  {http.StatusBadRequest, "MalformedPolicyDocument"},
	}
)

// answerSTSError makes an error the answer and returns its status.
func (c *call) answerSTSError(err error) int {
	c.code, c.text = describeSTSError(err, c.requestID)
	c.text = shortened(c.text)
	answer := &stsError{Space: stsSpace, Type: "Sender", Code: c.code.name, Message: c.text, Request: c.requestID}
	if c.code.status >= http.StatusInternalServerError {
		answer.Type = "Receiver"
	}
	_ = c.answerXML(answer) // texts alone, which cannot fail
	return c.code.status
}

// describeSTSError is describeError for STS.
func describeSTSError(err error, requestID string) (code, string) {
	var (
		signature *sigv4.Error
		refused   *access.Error
		known     *dberr.Error
	)
	switch {
	case errors.As(err, &signature):
		return stsSignatureCodes[signature.Reason], signature.Text
	case errors.As(err, &refused):
		return stsAccessCodes[refused.Reason], refused.Text
	case errors.Is(err, errInvalidAction):
		return code{http.StatusBadRequest, "InvalidAction"}, "Could not find the operation for version " + stsVersion + ". Tidemark has AssumeRole and GetCallerIdentity."
	case errors.Is(err, errForm):
		return code{http.StatusBadRequest, "MalformedQueryString"}, errForm.Error()
	case errors.Is(err, errBodyTooLarge):
		return code{http.StatusRequestEntityTooLarge, "RequestEntityTooLarge"}, errBodyTooLarge.Error()
	case errors.As(err, &known) && known.Kind == dberr.Throttled:
		return code{http.StatusBadRequest, "Throttling"}, known.Client()
	}
	kind, text := describeError(err, requestID)
	if kind.status < http.StatusInternalServerError {
		return code{kind.status, "ValidationError"}, text
	}
	return code{kind.status, "InternalFailure"}, text
}
