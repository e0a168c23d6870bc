package policy

import "strings"

// Context gives the values that a request has under a key in lower case, such as "aws:sourceip" or "aws:resourcetag/team"; false
// if it has none. A nil Context has none at all.
type Context func(key string) ([]string, bool)

// values is the function itself, also for nil.
func (c Context) values(key string) ([]string, bool) {
	if c == nil {
		return nil, false
	}
	return c(key)
}

// Keys that conditions and variables may name, in lower case. Those that end in a slash are followed by the name of a tag, whose
// case counts.
const (
	KeyRequestTag    = "aws:requesttag/"
	KeyResourceTag   = "aws:resourcetag/"
	KeyServiceTag    = "timestream:resourcetag/" // the same under the name that the developer guide uses
	KeyTagKeys       = "aws:tagkeys"
	KeySourceIP      = "aws:sourceip"
	KeySecure        = "aws:securetransport"
	KeyUserAgent     = "aws:useragent"
	KeyCurrentTime   = "aws:currenttime"
	KeyEpochTime     = "aws:epochtime"
	KeyTokenIssued   = "aws:tokenissuetime"
	KeyUserName      = "aws:username"
	KeyUserID        = "aws:userid"
	KeyPrincipalARN  = "aws:principalarn"
	KeyPrincipalAcct = "aws:principalaccount"
	KeyPrincipalType = "aws:principaltype"
	KeyRegion        = "aws:requestedregion"
	KeyMFA           = "aws:multifactorauthpresent" // nobody has ever a value of it
	KeyExternalID    = "sts:externalid"
	KeySessionName   = "sts:rolesessionname"
	KeyPassedTo      = "iam:passedtoservice"
	KeyPrefix        = "s3:prefix"         // what the keys begin with that are listed
	KeySourceAcct    = "aws:sourceaccount" // for which a service takes a role
	KeyResourceAcct  = "aws:resourceaccount"
	KeyBucketAcct    = "s3:resourceaccount" // the same
)

var plainKeys = map[string]bool{
	KeyTagKeys: true, KeySourceIP: true, KeySecure: true, KeyUserAgent: true, KeyCurrentTime: true, KeyEpochTime: true, KeyTokenIssued: true,
	KeyUserName: true, KeyUserID: true, KeyPrincipalARN: true, KeyPrincipalAcct: true, KeyPrincipalType: true, KeyRegion: true, KeyMFA: true,
	KeyExternalID: true, KeySessionName: true, KeyPassedTo: true, KeyPrefix: true, KeySourceAcct: true, KeyResourceAcct: true, KeyBucketAcct: true,
}

// tagKeyPrefixes begin the keys that end in the name of a tag.
var tagKeyPrefixes = []string{KeyRequestTag, KeyResourceTag, KeyServiceTag}

// foldKey puts a key into the form that a Context knows: in lower case but for the name of a tag.
func foldKey(key string) string {
	prefix, tag, found := strings.Cut(key, "/")
	if !found {
		return strings.ToLower(key)
	}
	return strings.ToLower(prefix) + "/" + tag
}

// knownKey reports whether a folded key is one that requests can have.
func knownKey(key string) bool {
	if plainKeys[key] {
		return true
	}
	for _, prefix := range tagKeyPrefixes {
		if strings.HasPrefix(key, prefix) && len(key) > len(prefix) {
			return true
		}
	}
	return false
}
