// Package objectstore keeps objects (reports, exports, imports) by bucket and key, as S3 does: behind one small interface,
// with an implementation that keeps them in a local folder; package s3store has one for S3 services. Who writes an object gives a reader; who reads one gets a reader;
// nothing holds an object in memory. Example:
//
//	store, err := objectstore.OpenLocal(vfs.OS("/var/lib/objects"))
//	err = store.Put(ctx, "my-bucket", "reports/1.json", body, objectstore.PutOptions{})
//	page, err := store.List(ctx, "my-bucket", objectstore.ListRequest{Prefix: "reports/"})
package objectstore
