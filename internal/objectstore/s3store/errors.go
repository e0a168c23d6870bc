package s3store

import (
	"context"
	"errors"
	"net/http"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// code returns what S3 calls an error, "" if the service did not answer.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// status returns the HTTP status of an error, 0 if the service did not answer.
func status(err error) int {
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

// translate gives an error of the SDK, after all attempts, a kind and a text for clients. The text names the bucket, which the
// client has named, and nothing of the service; the cause, for the log, has the rest. nil stays nil. When the context has
// ended its error is returned, as callers expect.
func translate(ctx context.Context, err error, bucket string) error {
	if err == nil {
		return nil
	}
	if cerr := ctx.Err(); cerr != nil {
		return cerr
	}
	name, http := code(err), status(err)
	if e := byCode(err, name, bucket); e != nil {
		return e
	}
	return byStatus(err, name, http, bucket)
}

// byCode translates the errors whose names say what to do, nil for others.
func byCode(err error, name, bucket string) error {
	switch name {
	case "NoSuchBucket":
		return noBucket(err, bucket)
	case "NoSuchUpload":
		return dberr.Wrap(dberr.Unavailable, err, "The object storage has given up an upload")
	case "NoSuchKey", "NoSuchVersion", "NotFound":
		return dberr.Wrap(dberr.NotFound, err, "The object does not exist.")
	case "AccessDenied", "AllAccessDisabled", "AccountProblem":
		return denied(err, bucket)
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "RequestTimeTooSkewed":
		// The operator's to put right, and then the same request works.
		return dberr.Wrap(dberr.Unavailable, err, "The object storage does not accept the server's credentials")
	case "PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException":
		return dberr.Wrap(dberr.Invalid, err, "The bucket '%s' is in another region than the one that the server is set up for.", bucket)
	case "PreconditionFailed":
		return dberr.Wrap(dberr.Conflict, err, "The object was made or changed by somebody else meanwhile.")
	case "ConditionalRequestConflict", "OperationAborted":
		return dberr.Wrap(dberr.Unavailable, err, "The object is being changed by somebody else")
	case "EntityTooLarge":
		return dberr.Wrap(dberr.Limit, err, "The object is larger than the object storage takes.")
	case "QuotaExceeded", "XMinioAdminBucketQuotaExceeded", "XMinioStorageFull":
		return dberr.Wrap(dberr.Unavailable, err, "The object storage is full")
	}
	if strings.HasPrefix(name, "KMS") {
		return dberr.Wrap(dberr.Invalid, err, "The encryption key for the bucket '%s' cannot be used: the object storage answers %s.", bucket, name)
	}
	return nil
}

// byStatus translates the others.
func byStatus(err error, name string, status int, bucket string) error {
	switch {
	case status == 0:
		return dberr.Wrap(dberr.Unavailable, err, "The object storage cannot be reached")
	case status == http.StatusNotFound:
		return dberr.Wrap(dberr.NotFound, err, "The object does not exist.")
	case status == http.StatusForbidden || status == http.StatusUnauthorized:
		return denied(err, bucket)
	case status == http.StatusPreconditionFailed:
		return dberr.Wrap(dberr.Conflict, err, "The object was made or changed by somebody else meanwhile.")
	case status == http.StatusMovedPermanently || status == http.StatusTemporaryRedirect:
		return dberr.Wrap(dberr.Invalid, err, "The bucket '%s' is in another region than the one that the server is set up for.", bucket)
	case status == http.StatusNotImplemented:
		return dberr.Wrap(dberr.Invalid, err, "The object storage cannot do what is asked for.")
	case status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= 500 || status < 400:
		return dberr.Wrap(dberr.Unavailable, err, "The object storage cannot serve at the moment")
	}
	return dberr.Wrap(dberr.Invalid, err, "The object storage refuses the request for the bucket '%s': %s.", bucket, name)
}

func noBucket(err error, bucket string) error {
	return dberr.Wrap(dberr.NotFound, err, "The bucket '%s' does not exist.", bucket)
}

func denied(err error, bucket string) error {
	return dberr.Wrap(dberr.Invalid, err, "Access to the bucket '%s' is denied.", bucket)
}
