package server

import (
	"log/slog"

	"github.com/tidemarkdb/tidemark/internal/api"
	"github.com/tidemarkdb/tidemark/internal/audit"
	"github.com/tidemarkdb/tidemark/internal/config"
)

// openAudit opens the audit log, and what writes runs in the background to it; both are nil without one. It is open before the engine
// and until that is closed, so that all that the engine does is in it.
func openAudit(cfg *config.Config, logger *slog.Logger) (*audit.Log, *api.RunLog, error) {
	if cfg.AuditLog == "" {
		return nil, nil, nil
	}
	log, err := audit.Open(cfg.AuditLog, audit.Options{Logger: logger})
	return log, &api.RunLog{Log: log, Region: cfg.Region, AccountID: cfg.AccountID, QueryText: cfg.AuditQueryText}, err
}

// closeAudit closes the audit log if there is one.
func closeAudit(log *audit.Log) error {
	if log == nil {
		return nil
	}
	return log.Close()
}
