package audit

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"
)

// Event is a request, or something that the server did by itself. The form is that of CloudTrail's records, version 1.09.
type Event struct {
	Version      string          `json:"eventVersion"`
	Identity     Identity        `json:"userIdentity"`
	Time         string          `json:"eventTime"`
	Source       string          `json:"eventSource"` // such as timestream.amazonaws.com
	Name         string          `json:"eventName"`   // the operation
	Region       string          `json:"awsRegion"`
	Address      string          `json:"sourceIPAddress"`
	UserAgent    string          `json:"userAgent"`
	ErrorCode    string          `json:"errorCode,omitempty"`
	ErrorMessage string          `json:"errorMessage,omitempty"`
	Parameters   json.RawMessage `json:"requestParameters"` // an object, or null
	Response     json.RawMessage `json:"responseElements"`  // an object, or null
	RequestID    string          `json:"requestID,omitempty"`
	ID           string          `json:"eventID"`
	ReadOnly     bool            `json:"readOnly"`
	Resources    []Resource      `json:"resources,omitempty"`
	Type         string          `json:"eventType"`                     // TypeCall (the default) or TypeService
	Details      json.RawMessage `json:"serviceEventDetails,omitempty"` // of events of TypeService
	Management   bool            `json:"managementEvent"`
	Account      string          `json:"recipientAccountId"`
	Category     string          `json:"eventCategory"` // Management or Data
	TLS          *TLS            `json:"tlsDetails,omitempty"`
}

// Identity is who made a request, or claimed to.
type Identity struct {
	Type        string          `json:"type"` // IAMUser, AssumedRole, AWSService, or Unknown
	PrincipalID string          `json:"principalId,omitempty"`
	ARN         string          `json:"arn,omitempty"`
	Account     string          `json:"accountId,omitempty"`
	AccessKeyID string          `json:"accessKeyId,omitempty"`
	UserName    string          `json:"userName,omitempty"`
	InvokedBy   string          `json:"invokedBy,omitempty"` // the service that did it on somebody's behalf
	Session     *SessionContext `json:"sessionContext,omitempty"`
}

// SessionContext is of which role a session is.
type SessionContext struct {
	Issuer     Issuer     `json:"sessionIssuer"`
	Attributes Attributes `json:"attributes"`
}

// Issuer is a role.
type Issuer struct {
	Type        string `json:"type"` // Role
	PrincipalID string `json:"principalId"`
	ARN         string `json:"arn"`
	Account     string `json:"accountId"`
	UserName    string `json:"userName"`
}

// Attributes are those of a session.
type Attributes struct {
	Created string `json:"creationDate,omitempty"`
	MFA     string `json:"mfaAuthenticated"`
}

// Resource is something that a request was about.
type Resource struct {
	Account string `json:"accountId,omitempty"`
	Type    string `json:"type,omitempty"` // such as AWS::Timestream::Table
	ARN     string `json:"ARN"`
}

// TLS is how the connection was secured.
type TLS struct {
	Version string `json:"tlsVersion"`
	Cipher  string `json:"cipherSuite"`
}

// Texts of events.
const (
	formVersion = "1.09"
	timeForm    = "2006-01-02T15:04:05Z"
)

// Types of events.
const (
	TypeCall    = "AwsApiCall"
	TypeService = "AwsServiceEvent"
)

// TypeAWSService is the type of an identity that is the server itself.
const TypeAWSService = "AWSService"

// FormatTime writes a time as events have it.
func FormatTime(t time.Time) string { return t.UTC().Format(timeForm) }

// complete fills in what all events have alike.
func (e *Event) complete() {
	e.Version = formVersion
	e.ID = newID()
	if e.Type == "" {
		e.Type = TypeCall
	}
	e.Category = "Data"
	if e.Management {
		e.Category = "Management"
	}
	if e.Parameters == nil {
		e.Parameters = json.RawMessage("null")
	}
	if e.Response == nil {
		e.Response = json.RawMessage("null")
	}
}

// newID returns a random UUID.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
