package server

import (
	"context"
	"fmt"

	"github.com/tidemarkdb/tidemark/internal/config"
	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/internal/objectstore/s3store"
)

// openObjects returns the object store that is configured, nil for the folder of the engine.
func openObjects(ctx context.Context, o *config.Objects) (objectstore.Store, error) {
	if o.Kind != config.ObjectsS3 {
		return nil, nil
	}
	s, err := s3store.Open(ctx, s3store.Options{Endpoint: o.Endpoint, Region: o.Region, PathStyle: o.PathStyle,
		AccessKey: o.AccessKey, SecretKey: o.SecretKey, PlainSSES3: !o.Encrypt, CA: o.CA, Timeout: o.Timeout})
	if err != nil {
		return nil, fmt.Errorf("open object storage: %w", err)
	}
	return s, nil
}
