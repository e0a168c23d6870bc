// Package sigv4 checks AWS Signature Version 4 in the Authorization header of requests: who claims to have made a request, when,
// and whether that is true of all of it. It knows neither keys nor users: the caller finds the secret of an access key.
//
// Everything that needs no body is checked first, so that a server need not read one for a stranger:
//
//	claim, err := sigv4.Parse(r)                          // the form, and that what matters is signed
//	err = claim.CheckScope("timestream")                  // the service that it was signed for
//	err = claim.CheckTime(now, 5*time.Minute)             // replays end here
//	secret, err := ... claim.AccessKeyID, claim.Token     // the caller's business
//	err = claim.Verify(r, secret, sha256.Sum256(body))    // in constant time
//
// Signatures in the query string ("presigned URLs") are not taken: no client of these services makes them.
package sigv4
