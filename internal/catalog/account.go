package catalog

// Account is the settings of the account. Its parts are never changed, only replaced as a whole.
type Account struct {
	MaxQueryTCU int64 `json:"max_query_tcu"`
	// Provisioned is the capacity that queries have; nil if they take what they need.
	Provisioned *ProvisionedCapacity `json:"provisioned,omitempty"`
}

// ProvisionedCapacity is compute units that are there for queries all the time.
type ProvisionedCapacity struct {
	TargetTCU     int64         `json:"target_tcu"`
	ProvisionedAt int64         `json:"provisioned_at"` // when it last became more or less, in milliseconds since 1970
	Notification  *Notification `json:"notification,omitempty"`
}

// Notification is where messages about changes of the capacity go.
type Notification struct {
	TopicARN string `json:"topic_arn"`
	RoleARN  string `json:"role_arn"`
}

// maxQueryTCUDefault is the limit of an account that has not set one. Source: developer guide, quotas.
const maxQueryTCUDefault = 200

// Account returns the settings of the account.
func (c *Catalog) Account() Account {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.state.accountSettings()
}

// accountSettings returns the settings, the defaults if none were ever made.
func (s *state) accountSettings() Account {
	if s.account == nil {
		return Account{MaxQueryTCU: maxQueryTCUDefault}
	}
	return *s.account
}

// UpdateAccount changes the settings of the account. edit gets a copy, whose pointers it must replace rather than change, and
// returns whether it changed anything. The result is the settings as they are then.
func (c *Catalog) UpdateAccount(edit func(*Account) (changed bool, err error)) (Account, error) {
	err := c.begin()
	defer c.changing.Unlock()
	if err != nil {
		return Account{}, err
	}
	a := c.state.accountSettings()
	changed, err := edit(&a)
	if err == nil && changed {
		err = c.commit(&change{PutAccount: &a})
	}
	if err != nil {
		return Account{}, err
	}
	return c.state.accountSettings(), nil
}
