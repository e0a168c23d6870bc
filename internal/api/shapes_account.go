package api

import "github.com/tidemarkdb/tidemark/internal/engine"

// Inputs of the operations on the account. Bounds of compute units are the service's own business, not that of the protocol.
var (
	describeAccountShape = structure("DescribeAccountSettingsRequest")

	updateAccountShape = structure("UpdateAccountSettingsRequest",
		member("MaxQueryTCU", anyInteger),
		member("QueryPricingModel", enum(engine.PricingBytesScanned, engine.PricingComputeUnits)),
		member("QueryCompute", structure("QueryComputeRequest",
			member("ComputeMode", enum(engine.ComputeOnDemand, engine.ComputeProvisioned)),
			member("ProvisionedCapacity", structure("ProvisionedCapacityRequest",
				member("TargetQueryTCU", anyInteger, required),
				member("NotificationConfiguration", structure("AccountSettingsNotificationConfiguration",
					member("SnsConfiguration", structure("SnsConfiguration",
						member("TopicArn", text(1, 2048), required))),
					member("RoleArn", text(1, 2048), required))))))))

	anyInteger = integer(0, 0)
)
