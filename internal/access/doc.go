// Package access says who somebody is and what he may do: users with access keys, roles, and the policies of both, from one file that
// may change while the server runs; and the temporary credentials of those who have taken a role.
//
// It knows neither HTTP nor signatures. The door finds the secret of an access key here, proves by it who is calling, and then
// asks for each thing that the call does:
//
//	directory, err := access.Open(access.Options{Path: "users.json", AccountID: "123456789012", SessionKey: key})
//	principal, secret, err := directory.Find(accessKeyID, token)
//	// ... the signature is that of secret ...
//	err = principal.Authorize("timestream:Select", []string{arn}, context)
//
// The policy language is in package policy. What SigV4 demands cannot be avoided: whoever checks a signature has the secret itself, so
// that secrets can be encrypted in the file, but not hashed.
package access
