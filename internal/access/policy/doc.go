// Package policy is the language of IAM policies as far as it concerns a database: it reads documents and decides whether they let
// somebody do something. It knows neither users nor files.
//
// A document that would be understood only in part is not taken: an unknown member, operator, or effect is an error that names the
// statement. A condition on a key that we do not know is an error in a Deny, which would be weaker than it reads; in an Allow the
// statement never matches, and Document.Warnings says so.
//
//	doc, err := policy.Parse(text, policy.Identity)
//	switch policy.Decide([]*policy.Document{doc}, &policy.Request{Action: "timestream:Select", Resources: []string{arn}}) {
//	case policy.Allowed:
//	}
package policy
