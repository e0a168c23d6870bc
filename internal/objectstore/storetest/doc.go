// Package storetest is what every objectstore.Store must do, as tests that its implementations call. Example:
//
//	storetest.Run(t, storetest.Options{Open: func(t *testing.T) objectstore.Store { return store }, Bucket: "bucket"})
package storetest
