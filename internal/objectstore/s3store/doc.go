// Package s3store keeps objects in a service that speaks S3's protocol: Amazon S3 itself, MinIO, versitygw and others. It
// implements objectstore.Store with the AWS SDK, which signs and repeats requests; what the SDK leaves open is here: bodies of
// unknown length (put.go, upload.go), answers that get lost (settle.go), downloads that break off (body.go), servers that fall
// silent (transport.go), and what errors mean to a client (errors.go). Example:
//
//	store, err := s3store.Open(ctx, s3store.Options{Endpoint: "http://127.0.0.1:9000", AccessKey: "...", SecretKey: "..."})
//	err = store.Put(ctx, "my-bucket", "reports/1.json", body, objectstore.PutOptions{ContentType: "application/json"})
package s3store
