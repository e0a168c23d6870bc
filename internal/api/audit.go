package api

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tidemarkdb/tidemark/internal/access"
	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
	"github.com/tidemarkdb/tidemark/internal/api/sigv4"
	"github.com/tidemarkdb/tidemark/internal/audit"
)

// auditTextMax bounds what a client can make an event hold at one place.
const auditTextMax = 512

// parametersBytesMax bounds the parameters of an event, as CloudTrail does. What is longer is left out.
const parametersBytesMax = 100 << 10

// dataOperations are about data, all others about how it is kept.
var dataOperations = []string{writeRecords, "Query", "CancelQuery", "PrepareQuery"}

// record writes a call to the audit log. Requests that name no operation are not recorded, unless somebody wanted to sign one.
func (h *handler) record(c *call, began time.Time, err error) {
	if h.opts.Audit == nil || c.operation == "" && c.claimed.claim == nil && !c.sts {
		return
	}
	e := &audit.Event{
		Identity: c.auditIdentity(), Time: audit.FormatTime(began), Source: ourService, Name: c.operation, Region: h.opts.Region,
		Address: sourceAddress(c.r), UserAgent: cut(c.r.UserAgent()), RequestID: c.requestID, Account: h.opts.AccountID,
		ReadOnly: readOnly(c.operation), Management: !slices.Contains(dataOperations, c.operation), Resources: auditResources(c.touched, h.opts.AccountID),
	}
	if c.sts {
		e.Source = "sts.amazonaws.com"
	}
	if e.Name == "" {
		e.Name = "Unknown"
	}
	if err != nil {
		e.ErrorCode = c.code.short()
		if h.opts.AuditQueryText || e.Management || isRefusal(err) { // others may repeat what is in a statement or a record
			e.ErrorMessage = cut(c.text)
		}
	}
	if state := c.r.TLS; state != nil {
		e.TLS = &audit.TLS{Version: tls.VersionName(state.Version), Cipher: tls.CipherSuiteName(state.CipherSuite)}
	}
	e.Parameters, e.Response = h.auditParameters(c), c.auditResponse()
	h.opts.Audit.Record(e)
}

// cut shortens a text of a client.
func cut(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), auditTextMax)], "?")
}

// readOnly reports whether an operation changes nothing.
func readOnly(operation string) bool {
	for _, prefix := range []string{"Describe", "List", "Query", "Prepare", "Get", "Assume"} {
		if strings.HasPrefix(operation, prefix) {
			return true
		}
	}
	return false
}

// isRefusal reports whether an error is about who calls.
func isRefusal(err error) bool {
	var signature *sigv4.Error
	var refused *access.Error
	return errors.As(err, &signature) || errors.As(err, &refused)
}

// auditIdentity tells who called; or, if that was not proven, whose access key was used.
func (c *call) auditIdentity() audit.Identity {
	p := c.principal
	if p == nil {
		id := audit.Identity{Type: "Unknown"}
		if c.claimed.claim != nil {
			id.AccessKeyID = cut(c.claimed.claim.AccessKeyID)
		}
		return id
	}
	return identityOf(p)
}

// identityOf tells who somebody is.
func identityOf(p *access.Principal) audit.Identity {
	id := audit.Identity{Type: p.Type(), PrincipalID: p.ID, ARN: p.ARN, Account: p.AccountID, AccessKeyID: p.AccessKeyID, UserName: p.UserName}
	if r := p.Role; r != nil {
		id.Session = &audit.SessionContext{
			Issuer:     audit.Issuer{Type: "Role", PrincipalID: r.RoleID, ARN: r.RoleARN, Account: p.AccountID, UserName: r.RoleName},
			Attributes: audit.Attributes{MFA: "false"},
		}
		if !r.Issued.IsZero() {
			id.Session.Attributes.Created = audit.FormatTime(r.Issued)
		}
	}
	return id
}

// auditResources tells what a call was about, each once.
func auditResources(arns []string, account string) []audit.Resource {
	var out []audit.Resource
	for _, arn := range slices.Compact(slices.Sorted(slices.Values(arns))) {
		kind := ""
		switch {
		case arn == "*" || len(arn) > 2048:
			continue
		case strings.HasPrefix(arn, "arn:aws:s3:::"):
			kind = "AWS::S3::Bucket"
			if strings.Contains(arn, "/") {
				kind = "AWS::S3::Object"
			}
		case strings.Contains(arn, ":scheduled-query/"):
			kind = "AWS::Timestream::ScheduledQuery"
		case strings.Contains(arn, "/table/"):
			kind = "AWS::Timestream::Table"
		case strings.Contains(arn, ":database/"):
			kind = "AWS::Timestream::Database"
		case strings.Contains(arn, ":role/"):
			kind = "AWS::IAM::Role"
		}
		out = append(out, audit.Resource{Account: account, Type: kind, ARN: strings.ToValidUTF8(arn, "?")})
	}
	return out
}

// auditParameters returns the input of a call without secrets and without records; nil if it was not understood.
func (h *handler) auditParameters(c *call) json.RawMessage {
	var w awsjson.Writer
	switch {
	case c.in != nil:
		c.in.Describe(&w, func(member string) bool { return member == "QueryString" && h.opts.AuditQueryText })
	case c.writing != nil:
		w.Open('{')
		w.Key("databaseName")
		w.Text(c.writing.Database)
		w.Key("tableName")
		w.Text(c.writing.Table)
		w.Key("records")
		w.Int(int64(len(c.writing.Records)))
		w.Close('{')
	case c.assuming != nil:
		in := c.assuming
		w.Open('{')
		w.Key("roleArn")
		w.Text(in.RoleARN)
		w.Key("roleSessionName")
		w.Text(in.SessionName)
		writeIfSet(&w, "externalId", in.ExternalID)
		writeIfSet(&w, "policy", in.Policy)
		if in.Seconds != 0 {
			w.Key("durationSeconds")
			w.Int(in.Seconds)
		}
		w.Close('{')
	}
	if len(w.Buf) == 0 || len(w.Buf) > parametersBytesMax || !json.Valid(w.Buf) {
		return nil
	}
	return w.Buf
}

// auditResponse returns what the log has of an answer: the name of what was made, by which other events can be told to belong to it,
// and which access key stands for a role from now on.
func (c *call) auditResponse() json.RawMessage {
	var w awsjson.Writer
	if c.made.member != "" {
		w.Open('{')
		w.Key(c.made.member)
		w.Text(c.made.name)
		w.Close('{')
		return w.Buf
	}
	if c.assumed == nil {
		return nil
	}
	w.Open('{')
	w.Key("credentials")
	w.Open('{')
	w.Key("accessKeyId")
	w.Text(c.assumed.Key)
	w.Key("expiration")
	w.Text(c.assumed.Expires)
	w.Close('{')
	w.Key("assumedRoleUser")
	w.Open('{')
	w.Key("assumedRoleId")
	w.Text(c.assumed.ID)
	w.Key("arn")
	w.Text(c.assumed.ARN)
	w.Close('{')
	w.Close('{')
	return w.Buf
}
