-- a coupon from a pool: PostgreSQL, one statement
WITH debited AS
(UPDATE account SET balance=((account.balance - %(price)s::BIGINT) + %(gain)s::BIGINT), entries_count=(account.entries_count + %(entries_count_1)s::BIGINT) WHERE account.customer_id = %(buyer)s::BIGINT AND account.balance >= %(price)s::BIGINT AND (account.balance - %(price)s::BIGINT) + %(gain)s::BIGINT <= %(param_3)s::BIGINT RETURNING account.customer_id, account.balance, account.entries_count),
counted AS
(INSERT INTO usage (customer_id, campaign_id, received, in_period, period_from) SELECT debited.customer_id AS customer_id, %(campaign)s::BIGINT AS anon_2, %(param_2)s::BIGINT AS anon_3, %(param_2)s::BIGINT AS anon__1, %(usage_period)s::TIMESTAMP WITH TIME ZONE AS anon_4
FROM debited
WHERE debited.customer_id = %(buyer)s::BIGINT ON CONFLICT (customer_id, campaign_id) DO UPDATE SET received = (usage.received + %(received_1)s::BIGINT), period_from = CASE WHEN (usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE) THEN %(usage_period)s::TIMESTAMP WITH TIME ZONE ELSE usage.period_from END, in_period = CASE WHEN (usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE) THEN %(param_4)s::INTEGER ELSE usage.in_period + %(in_period_1)s::BIGINT END WHERE usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE AND %(allowance)s::BIGINT > %(param_5)s::BIGINT OR usage.in_period < %(allowance)s::BIGINT RETURNING usage.received),
claimed AS
(UPDATE coupon SET award_id=%(award)s::UUID WHERE coupon.id = (SELECT coupon.id
FROM coupon
WHERE coupon.campaign_id = %(campaign)s::BIGINT AND coupon.award_id IS NULL AND (EXISTS (SELECT %(param_1)s::INTEGER AS anon_1
FROM counted)) ORDER BY coupon.position
 LIMIT %(param_6)s::INTEGER FOR UPDATE SKIP LOCKED) AND coupon.award_id IS NULL RETURNING coupon.id, coupon.code),
recorded AS
(INSERT INTO award (id, campaign_id, customer_id, cause, cause_key, cost, given_at, given_by, given_by_token) SELECT %(award)s::UUID AS anon_10, %(campaign)s::BIGINT AS anon_2, %(buyer)s::BIGINT AS anon_9, %(caused_by)s::VARCHAR AS anon_27, %(only_once)s::VARCHAR AS anon_28, %(price)s::BIGINT AS anon_29, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_13, %(asker)s::BIGINT AS anon_20, %(partner)s::BIGINT AS anon_30
WHERE EXISTS (SELECT %(param_22)s::INTEGER AS anon_31
FROM claimed) RETURNING award.id),
paid AS
(INSERT INTO ledger_entry (customer_id, kind, issuer, issued_by, award_id, created_at, uuid, sequence, delta, balance_after, comment) SELECT debited.customer_id AS customer_id, %(param_19)s::VARCHAR AS anon_18, %(by_whom)s::VARCHAR AS anon_19, %(asker)s::BIGINT AS anon_20, %(award)s::UUID AS anon_10, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_13, %(entry)s::UUID AS anon_21, debited.entries_count - %(entries_count_2)s::BIGINT AS anon_22, -%(price)s::BIGINT AS anon_23, debited.balance - %(gain)s::BIGINT AS anon_24, %(campaign_name)s::VARCHAR || %(param_20)s::VARCHAR || (SELECT claimed.code
FROM claimed) AS anon_25
FROM debited
WHERE EXISTS (SELECT %(param_21)s::INTEGER AS anon_26
FROM recorded) RETURNING ledger_entry.id),
held_0 AS
(INSERT INTO voucher (key, third_party_id, campaign_id, customer_id, award_id, redeemed, superseded, created_at, coupon_id, kind, code, status, claimed_at, amount) SELECT %(voucher_key_coupon)s::VARCHAR AS anon_7, %(third_party_coupon)s::BIGINT AS anon_8, %(campaign)s::BIGINT AS anon_2, %(buyer)s::BIGINT AS anon_9, %(award)s::UUID AS anon_10, %(param_13)s::BIGINT AS anon_11, %(param_14)s AS anon_12, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_13, claimed.id AS id, %(param_15)s::VARCHAR AS anon_14, claimed.code AS code, %(param_16)s::VARCHAR AS anon_15, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon__2, %(param_17)s::BIGINT AS anon_16
FROM claimed
WHERE EXISTS (SELECT %(param_18)s::INTEGER AS anon_17
FROM paid) RETURNING voucher.id),
told AS
(INSERT INTO outbox (chain_id, subscription_id, kind, subject, request_id, occurred_at, due_at, award_id) SELECT %(of_chain)s::BIGINT AS anon_32, listener.subscription_id AS subscription_id, listener.kind AS kind, %(of_whom)s::VARCHAR AS anon_33, %(in_request)s::VARCHAR AS anon_34, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_13, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon__2, %(award)s::UUID AS anon_10
FROM listener
WHERE listener.chain_id IN (%(of_chain)s::BIGINT, %(chain_id_1)s::BIGINT) AND listener.kind IN ('purchase.made', 'voucher.issued', 'points.paid') AND (listener.kind != %(kind_1)s::VARCHAR OR %(price)s::BIGINT > %(param_23)s::BIGINT) AND (EXISTS (SELECT %(param_12)s::INTEGER AS anon_6
FROM held_0)) RETURNING outbox.id),
given AS
(UPDATE stock SET given=(stock.given + %(given_1)s::BIGINT), customers_count=(stock.customers_count + (SELECT CASE WHEN (counted.received = %(received_2)s::BIGINT) THEN %(param_8)s::INTEGER ELSE %(param_9)s::INTEGER END AS anon_5
FROM counted)), period_from=CASE WHEN (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE) THEN %(stock_period)s::TIMESTAMP WITH TIME ZONE ELSE stock.period_from END, in_period=CASE WHEN (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE) THEN %(param_10)s::INTEGER ELSE stock.in_period + %(in_period_2)s::BIGINT END WHERE stock.campaign_id = %(campaign)s::BIGINT AND stock.given < stock.allowed AND (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE AND %(stock_most)s::BIGINT > %(param_11)s::BIGINT OR stock.in_period < %(stock_most)s::BIGINT) AND stock.revision = %(revision_seen)s::BIGINT AND (EXISTS (SELECT %(param_12)s::INTEGER AS anon_6
FROM held_0)) AND (SELECT count(*) AS count_2
FROM told) >= %(param_24)s::INTEGER RETURNING stock.given)
 SELECT (SELECT claimed.code
FROM claimed) AS result, %(param_7)s::INTEGER / (SELECT count(*) AS count_1
FROM given) AS whole;

-- a coupon from a pool: SQLite, one by one
UPDATE account SET balance=((account.balance - ?) + ?), entries_count=(account.entries_count + ?) WHERE account.customer_id = ? AND account.balance >= ? AND (account.balance - ?) + ? <= ? RETURNING customer_id, balance, entries_count;
INSERT INTO usage (customer_id, campaign_id, received, in_period, period_from) SELECT debited.customer_id, ? AS anon_1, ? AS anon_2, ? AS anon__1, ? AS anon_3
FROM (SELECT account.customer_id AS customer_id, account.balance AS balance, account.entries_count AS entries_count
FROM account
WHERE account.customer_id = ?) AS debited
WHERE debited.customer_id = ? ON CONFLICT (customer_id, campaign_id) DO UPDATE SET received = (usage.received + ?), period_from = CASE WHEN (usage.period_from < ?) THEN ? ELSE usage.period_from END, in_period = CASE WHEN (usage.period_from < ?) THEN ? ELSE usage.in_period + ? END WHERE usage.period_from < ? AND ? > ? OR usage.in_period < ? RETURNING received;
UPDATE coupon SET award_id=? WHERE coupon.id = (SELECT coupon.id
FROM coupon
WHERE coupon.campaign_id = ? AND coupon.award_id IS NULL ORDER BY coupon.position
 LIMIT ? OFFSET ?) AND coupon.award_id IS NULL RETURNING id, code;
INSERT INTO award (id, campaign_id, customer_id, cause, cause_key, cost, given_at, given_by, given_by_token) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, ? AS anon_9
WHERE 1 = 1 RETURNING id;
INSERT INTO ledger_entry (customer_id, kind, issuer, issued_by, award_id, created_at, uuid, sequence, delta, balance_after, comment) SELECT debited.customer_id, ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, debited.entries_count - ? AS anon_7, -? AS anon_8, debited.balance - ? AS anon_9, ? || ? || (SELECT claimed.code
FROM (SELECT coupon.id AS id, coupon.campaign_id AS campaign_id, coupon.code AS code, coupon.position AS position, coupon.award_id AS award_id
FROM coupon
WHERE coupon.award_id = ?) AS claimed) AS anon_10
FROM (SELECT account.customer_id AS customer_id, account.balance AS balance, account.entries_count AS entries_count
FROM account
WHERE account.customer_id = ?) AS debited
WHERE 1 = 1 RETURNING id;
INSERT INTO voucher ("key", third_party_id, campaign_id, customer_id, award_id, redeemed, superseded, created_at, coupon_id, kind, code, status, claimed_at, amount) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, claimed.id, ? AS anon_9, claimed.code, ? AS anon_10, ? AS anon__1, ? AS anon_11
FROM (SELECT coupon.id AS id, coupon.campaign_id AS campaign_id, coupon.code AS code, coupon.position AS position, coupon.award_id AS award_id
FROM coupon
WHERE coupon.award_id = ?) AS claimed
WHERE 1 = 1 RETURNING id;
INSERT INTO outbox (chain_id, subscription_id, kind, subject, request_id, occurred_at, due_at, award_id) SELECT ? AS anon_1, listener.subscription_id, listener.kind, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon__1, ? AS anon_5
FROM listener
WHERE listener.chain_id IN (?, ?) AND listener.kind IN ('purchase.made', 'voucher.issued', 'points.paid') AND (listener.kind != ? OR ? > ?) RETURNING id;
UPDATE stock SET given=(stock.given + ?), customers_count=(stock.customers_count + (SELECT CASE WHEN (counted.received = ?) THEN ? ELSE ? END AS anon_1
FROM (SELECT usage.customer_id AS customer_id, usage.campaign_id AS campaign_id, usage.received AS received, usage.period_from AS period_from, usage.in_period AS in_period
FROM usage
WHERE usage.customer_id = ? AND usage.campaign_id = ?) AS counted)), period_from=CASE WHEN (stock.period_from < ?) THEN ? ELSE stock.period_from END, in_period=CASE WHEN (stock.period_from < ?) THEN ? ELSE stock.in_period + ? END WHERE stock.campaign_id = ? AND stock.given < stock.allowed AND (stock.period_from < ? AND ? > ? OR stock.in_period < ?) AND stock.revision = ? RETURNING given;

-- a coupon that all buyers share: PostgreSQL, one statement
WITH debited AS
(UPDATE account SET balance=((account.balance - %(price)s::BIGINT) + %(gain)s::BIGINT), entries_count=(account.entries_count + %(entries_count_1)s::BIGINT) WHERE account.customer_id = %(buyer)s::BIGINT AND account.balance >= %(price)s::BIGINT AND (account.balance - %(price)s::BIGINT) + %(gain)s::BIGINT <= %(param_3)s::BIGINT RETURNING account.customer_id, account.balance, account.entries_count),
counted AS
(INSERT INTO usage (customer_id, campaign_id, received, in_period, period_from) SELECT debited.customer_id AS customer_id, %(campaign)s::BIGINT AS anon_2, %(param_2)s::BIGINT AS anon_3, %(param_2)s::BIGINT AS anon__1, %(usage_period)s::TIMESTAMP WITH TIME ZONE AS anon_4
FROM debited
WHERE debited.customer_id = %(buyer)s::BIGINT ON CONFLICT (customer_id, campaign_id) DO UPDATE SET received = (usage.received + %(received_1)s::BIGINT), period_from = CASE WHEN (usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE) THEN %(usage_period)s::TIMESTAMP WITH TIME ZONE ELSE usage.period_from END, in_period = CASE WHEN (usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE) THEN %(param_4)s::INTEGER ELSE usage.in_period + %(in_period_1)s::BIGINT END WHERE usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE AND %(allowance)s::BIGINT > %(param_5)s::BIGINT OR usage.in_period < %(allowance)s::BIGINT RETURNING usage.received),
claimed AS
(SELECT coupon.id AS id, coupon.code AS code
FROM coupon
WHERE coupon.campaign_id = %(campaign)s::BIGINT AND (EXISTS (SELECT %(param_1)s::INTEGER AS anon_1
FROM counted))
 LIMIT %(param_6)s::INTEGER),
recorded AS
(INSERT INTO award (id, campaign_id, customer_id, cause, cause_key, cost, given_at, given_by, given_by_token) SELECT %(award)s::UUID AS anon_10, %(campaign)s::BIGINT AS anon_2, %(buyer)s::BIGINT AS anon_9, %(caused_by)s::VARCHAR AS anon_27, %(only_once)s::VARCHAR AS anon_28, %(price)s::BIGINT AS anon_29, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_13, %(asker)s::BIGINT AS anon_20, %(partner)s::BIGINT AS anon_30
WHERE EXISTS (SELECT %(param_22)s::INTEGER AS anon_31
FROM claimed) RETURNING award.id),
paid AS
(INSERT INTO ledger_entry (customer_id, kind, issuer, issued_by, award_id, created_at, uuid, sequence, delta, balance_after, comment) SELECT debited.customer_id AS customer_id, %(param_19)s::VARCHAR AS anon_18, %(by_whom)s::VARCHAR AS anon_19, %(asker)s::BIGINT AS anon_20, %(award)s::UUID AS anon_10, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_13, %(entry)s::UUID AS anon_21, debited.entries_count - %(entries_count_2)s::BIGINT AS anon_22, -%(price)s::BIGINT AS anon_23, debited.balance - %(gain)s::BIGINT AS anon_24, %(campaign_name)s::VARCHAR || %(param_20)s::VARCHAR || (SELECT claimed.code
FROM claimed) AS anon_25
FROM debited
WHERE EXISTS (SELECT %(param_21)s::INTEGER AS anon_26
FROM recorded) RETURNING ledger_entry.id),
held_0 AS
(INSERT INTO voucher (key, third_party_id, campaign_id, customer_id, award_id, redeemed, superseded, created_at, coupon_id, kind, code, status, claimed_at, amount) SELECT %(voucher_key_coupon)s::VARCHAR AS anon_7, %(third_party_coupon)s::BIGINT AS anon_8, %(campaign)s::BIGINT AS anon_2, %(buyer)s::BIGINT AS anon_9, %(award)s::UUID AS anon_10, %(param_13)s::BIGINT AS anon_11, %(param_14)s AS anon_12, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_13, claimed.id AS id, %(param_15)s::VARCHAR AS anon_14, claimed.code AS code, %(param_16)s::VARCHAR AS anon_15, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon__2, %(param_17)s::BIGINT AS anon_16
FROM claimed
WHERE EXISTS (SELECT %(param_18)s::INTEGER AS anon_17
FROM paid) RETURNING voucher.id),
told AS
(INSERT INTO outbox (chain_id, subscription_id, kind, subject, request_id, occurred_at, due_at, award_id) SELECT %(of_chain)s::BIGINT AS anon_32, listener.subscription_id AS subscription_id, listener.kind AS kind, %(of_whom)s::VARCHAR AS anon_33, %(in_request)s::VARCHAR AS anon_34, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_13, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon__2, %(award)s::UUID AS anon_10
FROM listener
WHERE listener.chain_id IN (%(of_chain)s::BIGINT, %(chain_id_1)s::BIGINT) AND listener.kind IN ('purchase.made', 'voucher.issued', 'points.paid') AND (listener.kind != %(kind_1)s::VARCHAR OR %(price)s::BIGINT > %(param_23)s::BIGINT) AND (EXISTS (SELECT %(param_12)s::INTEGER AS anon_6
FROM held_0)) RETURNING outbox.id),
given AS
(UPDATE stock SET given=(stock.given + %(given_1)s::BIGINT), customers_count=(stock.customers_count + (SELECT CASE WHEN (counted.received = %(received_2)s::BIGINT) THEN %(param_8)s::INTEGER ELSE %(param_9)s::INTEGER END AS anon_5
FROM counted)), period_from=CASE WHEN (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE) THEN %(stock_period)s::TIMESTAMP WITH TIME ZONE ELSE stock.period_from END, in_period=CASE WHEN (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE) THEN %(param_10)s::INTEGER ELSE stock.in_period + %(in_period_2)s::BIGINT END WHERE stock.campaign_id = %(campaign)s::BIGINT AND stock.given < stock.allowed AND (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE AND %(stock_most)s::BIGINT > %(param_11)s::BIGINT OR stock.in_period < %(stock_most)s::BIGINT) AND stock.revision = %(revision_seen)s::BIGINT AND (EXISTS (SELECT %(param_12)s::INTEGER AS anon_6
FROM held_0)) AND (SELECT count(*) AS count_2
FROM told) >= %(param_24)s::INTEGER RETURNING stock.given)
 SELECT (SELECT claimed.code
FROM claimed) AS result, %(param_7)s::INTEGER / (SELECT count(*) AS count_1
FROM given) AS whole;

-- a coupon that all buyers share: SQLite, one by one
UPDATE account SET balance=((account.balance - ?) + ?), entries_count=(account.entries_count + ?) WHERE account.customer_id = ? AND account.balance >= ? AND (account.balance - ?) + ? <= ? RETURNING customer_id, balance, entries_count;
INSERT INTO usage (customer_id, campaign_id, received, in_period, period_from) SELECT debited.customer_id, ? AS anon_1, ? AS anon_2, ? AS anon__1, ? AS anon_3
FROM (SELECT account.customer_id AS customer_id, account.balance AS balance, account.entries_count AS entries_count
FROM account
WHERE account.customer_id = ?) AS debited
WHERE debited.customer_id = ? ON CONFLICT (customer_id, campaign_id) DO UPDATE SET received = (usage.received + ?), period_from = CASE WHEN (usage.period_from < ?) THEN ? ELSE usage.period_from END, in_period = CASE WHEN (usage.period_from < ?) THEN ? ELSE usage.in_period + ? END WHERE usage.period_from < ? AND ? > ? OR usage.in_period < ? RETURNING received;
SELECT coupon.id, coupon.code
FROM coupon
WHERE coupon.campaign_id = ?
 LIMIT ? OFFSET ?;
INSERT INTO award (id, campaign_id, customer_id, cause, cause_key, cost, given_at, given_by, given_by_token) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, ? AS anon_9
WHERE 1 = 1 RETURNING id;
INSERT INTO ledger_entry (customer_id, kind, issuer, issued_by, award_id, created_at, uuid, sequence, delta, balance_after, comment) SELECT debited.customer_id, ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, debited.entries_count - ? AS anon_7, -? AS anon_8, debited.balance - ? AS anon_9, ? || ? || (SELECT claimed.code
FROM (SELECT coupon.id AS id, coupon.campaign_id AS campaign_id, coupon.code AS code, coupon.position AS position, coupon.award_id AS award_id
FROM coupon
WHERE coupon.campaign_id = ?) AS claimed) AS anon_10
FROM (SELECT account.customer_id AS customer_id, account.balance AS balance, account.entries_count AS entries_count
FROM account
WHERE account.customer_id = ?) AS debited
WHERE 1 = 1 RETURNING id;
INSERT INTO voucher ("key", third_party_id, campaign_id, customer_id, award_id, redeemed, superseded, created_at, coupon_id, kind, code, status, claimed_at, amount) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, claimed.id, ? AS anon_9, claimed.code, ? AS anon_10, ? AS anon__1, ? AS anon_11
FROM (SELECT coupon.id AS id, coupon.campaign_id AS campaign_id, coupon.code AS code, coupon.position AS position, coupon.award_id AS award_id
FROM coupon
WHERE coupon.campaign_id = ?) AS claimed
WHERE 1 = 1 RETURNING id;
INSERT INTO outbox (chain_id, subscription_id, kind, subject, request_id, occurred_at, due_at, award_id) SELECT ? AS anon_1, listener.subscription_id, listener.kind, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon__1, ? AS anon_5
FROM listener
WHERE listener.chain_id IN (?, ?) AND listener.kind IN ('purchase.made', 'voucher.issued', 'points.paid') AND (listener.kind != ? OR ? > ?) RETURNING id;
UPDATE stock SET given=(stock.given + ?), customers_count=(stock.customers_count + (SELECT CASE WHEN (counted.received = ?) THEN ? ELSE ? END AS anon_1
FROM (SELECT usage.customer_id AS customer_id, usage.campaign_id AS campaign_id, usage.received AS received, usage.period_from AS period_from, usage.in_period AS in_period
FROM usage
WHERE usage.customer_id = ? AND usage.campaign_id = ?) AS counted)), period_from=CASE WHEN (stock.period_from < ?) THEN ? ELSE stock.period_from END, in_period=CASE WHEN (stock.period_from < ?) THEN ? ELSE stock.in_period + ? END WHERE stock.campaign_id = ? AND stock.given < stock.allowed AND (stock.period_from < ? AND ? > ? OR stock.in_period < ?) AND stock.revision = ? RETURNING given;

-- points, limited per customer: PostgreSQL, one statement
WITH debited AS
(UPDATE account SET balance=((account.balance - %(price)s::BIGINT) + %(gain)s::BIGINT), entries_count=(account.entries_count + %(entries_count_1)s::BIGINT) WHERE account.customer_id = %(buyer)s::BIGINT AND account.balance >= %(price)s::BIGINT AND (account.balance - %(price)s::BIGINT) + %(gain)s::BIGINT <= %(param_5)s::BIGINT RETURNING account.customer_id, account.balance, account.entries_count),
counted AS
(INSERT INTO usage (customer_id, campaign_id, received, in_period, period_from) SELECT debited.customer_id AS customer_id, %(campaign)s::BIGINT AS anon_2, %(param_4)s::BIGINT AS anon_3, %(param_4)s::BIGINT AS anon__1, %(usage_period)s::TIMESTAMP WITH TIME ZONE AS anon_4
FROM debited
WHERE debited.customer_id = %(buyer)s::BIGINT ON CONFLICT (customer_id, campaign_id) DO UPDATE SET received = (usage.received + %(received_2)s::BIGINT), period_from = CASE WHEN (usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE) THEN %(usage_period)s::TIMESTAMP WITH TIME ZONE ELSE usage.period_from END, in_period = CASE WHEN (usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE) THEN %(param_6)s::INTEGER ELSE usage.in_period + %(in_period_1)s::BIGINT END WHERE usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE AND %(allowance)s::BIGINT > %(param_7)s::BIGINT OR usage.in_period < %(allowance)s::BIGINT RETURNING usage.received),
limited_0 AS
(INSERT INTO method_usage (customer_id, method_id, in_period, period_from) SELECT %(buyer)s::BIGINT AS anon_27, %(method_0)s::BIGINT AS anon_33, %(param_19)s::BIGINT AS anon_34, %(method_usage_period_0)s::TIMESTAMP WITH TIME ZONE AS anon_35
WHERE EXISTS (SELECT %(param_20)s::INTEGER AS anon_36
FROM counted) ON CONFLICT (customer_id, method_id) DO UPDATE SET period_from = CASE WHEN (method_usage.period_from < %(method_usage_period_0)s::TIMESTAMP WITH TIME ZONE) THEN %(method_usage_period_0)s::TIMESTAMP WITH TIME ZONE ELSE method_usage.period_from END, in_period = CASE WHEN (method_usage.period_from < %(method_usage_period_0)s::TIMESTAMP WITH TIME ZONE) THEN %(param_21)s::INTEGER ELSE method_usage.in_period + %(in_period_4)s::BIGINT END WHERE method_usage.period_from < %(method_usage_period_0)s::TIMESTAMP WITH TIME ZONE AND %(method_allowance_0)s::BIGINT > %(param_22)s::BIGINT OR method_usage.in_period < %(method_allowance_0)s::BIGINT RETURNING method_usage.method_id),
recorded AS
(INSERT INTO award (id, campaign_id, customer_id, cause, cause_key, cost, given_at, given_by, given_by_token) SELECT %(award)s::UUID AS anon_10, %(campaign)s::BIGINT AS anon_2, %(buyer)s::BIGINT AS anon_27, %(caused_by)s::VARCHAR AS anon_28, %(only_once)s::VARCHAR AS anon_29, %(price)s::BIGINT AS anon_30, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_11, %(asker)s::BIGINT AS anon_9, %(partner)s::BIGINT AS anon_31
WHERE EXISTS (SELECT %(param_18)s::INTEGER AS anon_32
FROM limited_0) RETURNING award.id),
paid AS
(INSERT INTO ledger_entry (customer_id, kind, issuer, issued_by, award_id, created_at, uuid, sequence, delta, balance_after, comment) SELECT debited.customer_id AS customer_id, %(param_16)s::VARCHAR AS anon_19, %(by_whom)s::VARCHAR AS anon_20, %(asker)s::BIGINT AS anon_9, %(award)s::UUID AS anon_10, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_11, %(entry)s::UUID AS anon_21, debited.entries_count - %(entries_count_3)s::BIGINT AS anon_22, -%(price)s::BIGINT AS anon_23, debited.balance - %(gain)s::BIGINT AS anon_24, %(campaign_name)s::VARCHAR AS anon_25
FROM debited
WHERE EXISTS (SELECT %(param_17)s::INTEGER AS anon_26
FROM recorded) RETURNING ledger_entry.id),
gained_0 AS
(INSERT INTO ledger_entry (customer_id, kind, issuer, issued_by, award_id, created_at, uuid, sequence, delta, balance_after, comment, method_id) SELECT debited.customer_id AS customer_id, %(param_14)s::VARCHAR AS anon_7, %(by_whom)s::VARCHAR AS anon_8, %(asker)s::BIGINT AS anon_9, %(award)s::UUID AS anon_10, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_11, %(entry_0)s::UUID AS anon_12, debited.entries_count - %(entries_count_2)s::BIGINT AS anon_13, %(gain_0)s::BIGINT AS anon_14, debited.balance - %(later_gain_0)s::BIGINT AS anon_15, %(campaign_name)s::VARCHAR AS anon_16, %(method_0)s::BIGINT AS anon_17
FROM debited
WHERE EXISTS (SELECT %(param_15)s::INTEGER AS anon_18
FROM paid) RETURNING ledger_entry.id),
told AS
(INSERT INTO outbox (chain_id, subscription_id, kind, subject, request_id, occurred_at, due_at, award_id) SELECT %(of_chain)s::BIGINT AS anon_37, listener.subscription_id AS subscription_id, listener.kind AS kind, %(of_whom)s::VARCHAR AS anon_38, %(in_request)s::VARCHAR AS anon_39, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_11, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon__2, %(award)s::UUID AS anon_10
FROM listener
WHERE listener.chain_id IN (%(of_chain)s::BIGINT, %(chain_id_1)s::BIGINT) AND listener.kind IN ('award.given', 'points.earned', 'points.paid') AND (listener.kind != %(kind_1)s::VARCHAR OR %(price)s::BIGINT > %(param_23)s::BIGINT) AND (EXISTS (SELECT %(param_13)s::INTEGER AS anon_6
FROM gained_0)) RETURNING outbox.id),
tallied_0 AS
(UPDATE method_tally SET given=(method_tally.given + %(given_2)s::BIGINT), period_from=CASE WHEN (method_tally.period_from < %(method_period_0)s::TIMESTAMP WITH TIME ZONE) THEN %(method_period_0)s::TIMESTAMP WITH TIME ZONE ELSE method_tally.period_from END, in_period=CASE WHEN (method_tally.period_from < %(method_period_0)s::TIMESTAMP WITH TIME ZONE) THEN %(param_11)s::INTEGER ELSE method_tally.in_period + %(in_period_3)s::BIGINT END WHERE method_tally.method_id = %(method_0)s::BIGINT AND method_tally.given < method_tally.allowed AND (method_tally.period_from < %(method_period_0)s::TIMESTAMP WITH TIME ZONE AND %(method_most_0)s::BIGINT > %(param_12)s::BIGINT OR method_tally.in_period < %(method_most_0)s::BIGINT) AND (EXISTS (SELECT %(param_13)s::INTEGER AS anon_6
FROM gained_0)) AND (SELECT count(*) AS count_2
FROM told) >= %(param_24)s::INTEGER RETURNING method_tally.given),
given AS
(UPDATE stock SET given=(stock.given + %(given_1)s::BIGINT), customers_count=(stock.customers_count + (SELECT CASE WHEN (counted.received = %(received_1)s::BIGINT) THEN %(param_2)s::INTEGER ELSE %(param_3)s::INTEGER END AS anon_1
FROM counted)), period_from=CASE WHEN (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE) THEN %(stock_period)s::TIMESTAMP WITH TIME ZONE ELSE stock.period_from END, in_period=CASE WHEN (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE) THEN %(param_8)s::INTEGER ELSE stock.in_period + %(in_period_2)s::BIGINT END WHERE stock.campaign_id = %(campaign)s::BIGINT AND stock.given < stock.allowed AND (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE AND %(stock_most)s::BIGINT > %(param_9)s::BIGINT OR stock.in_period < %(stock_most)s::BIGINT) AND stock.revision = %(revision_seen)s::BIGINT AND (EXISTS (SELECT %(param_10)s::INTEGER AS anon_5
FROM tallied_0)) RETURNING stock.given)
 SELECT %(param_1)s::INTEGER / (SELECT count(*) AS count_1
FROM given) AS whole;

-- points, limited per customer: SQLite, one by one
UPDATE account SET balance=((account.balance - ?) + ?), entries_count=(account.entries_count + ?) WHERE account.customer_id = ? AND account.balance >= ? AND (account.balance - ?) + ? <= ? RETURNING customer_id, balance, entries_count;
INSERT INTO usage (customer_id, campaign_id, received, in_period, period_from) SELECT debited.customer_id, ? AS anon_1, ? AS anon_2, ? AS anon__1, ? AS anon_3
FROM (SELECT account.customer_id AS customer_id, account.balance AS balance, account.entries_count AS entries_count
FROM account
WHERE account.customer_id = ?) AS debited
WHERE debited.customer_id = ? ON CONFLICT (customer_id, campaign_id) DO UPDATE SET received = (usage.received + ?), period_from = CASE WHEN (usage.period_from < ?) THEN ? ELSE usage.period_from END, in_period = CASE WHEN (usage.period_from < ?) THEN ? ELSE usage.in_period + ? END WHERE usage.period_from < ? AND ? > ? OR usage.in_period < ? RETURNING received;
INSERT INTO method_usage (customer_id, method_id, in_period, period_from) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4
WHERE 1 = 1 ON CONFLICT (customer_id, method_id) DO UPDATE SET period_from = CASE WHEN (method_usage.period_from < ?) THEN ? ELSE method_usage.period_from END, in_period = CASE WHEN (method_usage.period_from < ?) THEN ? ELSE method_usage.in_period + ? END WHERE method_usage.period_from < ? AND ? > ? OR method_usage.in_period < ? RETURNING method_id;
INSERT INTO award (id, campaign_id, customer_id, cause, cause_key, cost, given_at, given_by, given_by_token) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, ? AS anon_9
WHERE 1 = 1 RETURNING id;
INSERT INTO ledger_entry (customer_id, kind, issuer, issued_by, award_id, created_at, uuid, sequence, delta, balance_after, comment) SELECT debited.customer_id, ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, debited.entries_count - ? AS anon_7, -? AS anon_8, debited.balance - ? AS anon_9, ? AS anon_10
FROM (SELECT account.customer_id AS customer_id, account.balance AS balance, account.entries_count AS entries_count
FROM account
WHERE account.customer_id = ?) AS debited
WHERE 1 = 1 RETURNING id;
INSERT INTO ledger_entry (customer_id, kind, issuer, issued_by, award_id, created_at, uuid, sequence, delta, balance_after, comment, method_id) SELECT debited.customer_id, ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, debited.entries_count - ? AS anon_7, ? AS anon_8, debited.balance - ? AS anon_9, ? AS anon_10, ? AS anon_11
FROM (SELECT account.customer_id AS customer_id, account.balance AS balance, account.entries_count AS entries_count
FROM account
WHERE account.customer_id = ?) AS debited
WHERE 1 = 1 RETURNING id;
INSERT INTO outbox (chain_id, subscription_id, kind, subject, request_id, occurred_at, due_at, award_id) SELECT ? AS anon_1, listener.subscription_id, listener.kind, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon__1, ? AS anon_5
FROM listener
WHERE listener.chain_id IN (?, ?) AND listener.kind IN ('award.given', 'points.earned', 'points.paid') AND (listener.kind != ? OR ? > ?) RETURNING id;
UPDATE method_tally SET given=(method_tally.given + ?), period_from=CASE WHEN (method_tally.period_from < ?) THEN ? ELSE method_tally.period_from END, in_period=CASE WHEN (method_tally.period_from < ?) THEN ? ELSE method_tally.in_period + ? END WHERE method_tally.method_id = ? AND method_tally.given < method_tally.allowed AND (method_tally.period_from < ? AND ? > ? OR method_tally.in_period < ?) RETURNING given;
UPDATE stock SET given=(stock.given + ?), customers_count=(stock.customers_count + (SELECT CASE WHEN (counted.received = ?) THEN ? ELSE ? END AS anon_1
FROM (SELECT usage.customer_id AS customer_id, usage.campaign_id AS campaign_id, usage.received AS received, usage.period_from AS period_from, usage.in_period AS in_period
FROM usage
WHERE usage.customer_id = ? AND usage.campaign_id = ?) AS counted)), period_from=CASE WHEN (stock.period_from < ?) THEN ? ELSE stock.period_from END, in_period=CASE WHEN (stock.period_from < ?) THEN ? ELSE stock.in_period + ? END WHERE stock.campaign_id = ? AND stock.given < stock.allowed AND (stock.period_from < ? AND ? > ? OR stock.in_period < ?) AND stock.revision = ? RETURNING given;

-- a voucher, drawn by lot: PostgreSQL, one statement
WITH debited AS
(UPDATE account SET balance=((account.balance - %(price)s::BIGINT) + %(gain)s::BIGINT), entries_count=(account.entries_count + %(entries_count_1)s::BIGINT) WHERE account.customer_id = %(buyer)s::BIGINT AND account.balance >= %(price)s::BIGINT AND (account.balance - %(price)s::BIGINT) + %(gain)s::BIGINT <= %(param_5)s::BIGINT RETURNING account.customer_id, account.balance, account.entries_count),
counted AS
(INSERT INTO usage (customer_id, campaign_id, received, in_period, period_from) SELECT debited.customer_id AS customer_id, %(campaign)s::BIGINT AS anon_2, %(param_4)s::BIGINT AS anon_3, %(param_4)s::BIGINT AS anon__1, %(usage_period)s::TIMESTAMP WITH TIME ZONE AS anon_4
FROM debited
WHERE debited.customer_id = %(buyer)s::BIGINT ON CONFLICT (customer_id, campaign_id) DO UPDATE SET received = (usage.received + %(received_2)s::BIGINT), period_from = CASE WHEN (usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE) THEN %(usage_period)s::TIMESTAMP WITH TIME ZONE ELSE usage.period_from END, in_period = CASE WHEN (usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE) THEN %(param_6)s::INTEGER ELSE usage.in_period + %(in_period_1)s::BIGINT END WHERE usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE AND %(allowance)s::BIGINT > %(param_7)s::BIGINT OR usage.in_period < %(allowance)s::BIGINT RETURNING usage.received),
recorded AS
(INSERT INTO award (id, campaign_id, customer_id, cause, cause_key, cost, given_at, given_by, given_by_token) SELECT %(award)s::UUID AS anon_10, %(campaign)s::BIGINT AS anon_2, %(buyer)s::BIGINT AS anon_9, %(caused_by)s::VARCHAR AS anon_39, %(only_once)s::VARCHAR AS anon_40, %(price)s::BIGINT AS anon_41, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_13, %(asker)s::BIGINT AS anon_26, %(partner)s::BIGINT AS anon_42
WHERE EXISTS (SELECT %(param_20)s::INTEGER AS anon_43
FROM counted) RETURNING award.id),
drawn AS
(INSERT INTO draw (award_id, campaign_id, customer_id, number, candidates, revision, ticket, method_id) SELECT %(award)s::UUID AS anon_10, %(campaign)s::BIGINT AS anon_2, %(buyer)s::BIGINT AS anon_9, %(draw_number)s::BIGINT AS anon_33, %(draw_candidates)s::JSON AS anon_34, %(revision_seen)s::BIGINT AS anon_35, %(draw_ticket)s::VARCHAR AS anon_36, %(method_0)s::BIGINT AS anon_37
FROM counted
WHERE counted.received = %(draw_number)s::BIGINT AND (EXISTS (SELECT %(param_19)s::INTEGER AS anon_38
FROM recorded)) RETURNING draw.award_id),
paid AS
(INSERT INTO ledger_entry (customer_id, kind, issuer, issued_by, award_id, created_at, uuid, sequence, delta, balance_after, comment) SELECT debited.customer_id AS customer_id, %(param_17)s::VARCHAR AS anon_24, %(by_whom)s::VARCHAR AS anon_25, %(asker)s::BIGINT AS anon_26, %(award)s::UUID AS anon_10, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_13, %(entry)s::UUID AS anon_27, debited.entries_count - %(entries_count_2)s::BIGINT AS anon_28, -%(price)s::BIGINT AS anon_29, debited.balance - %(gain)s::BIGINT AS anon_30, %(campaign_name)s::VARCHAR AS anon_31
FROM debited
WHERE EXISTS (SELECT %(param_18)s::INTEGER AS anon_32
FROM drawn) RETURNING ledger_entry.id),
held_0 AS
(INSERT INTO voucher (key, third_party_id, campaign_id, customer_id, award_id, redeemed, superseded, created_at, method_id, kind, code, status, claimed_at, amount, hundredths_of_percent, text, expires_at) SELECT %(voucher_key_0)s::VARCHAR AS anon_7, %(third_party_0)s::BIGINT AS anon_8, %(campaign)s::BIGINT AS anon_2, %(buyer)s::BIGINT AS anon_9, %(award)s::UUID AS anon_10, %(param_14)s::BIGINT AS anon_11, %(param_15)s AS anon_12, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_13, %(method_0)s::BIGINT AS anon_14, %(voucher_kind_0)s::VARCHAR AS anon_15, %(voucher_code_0)s::VARCHAR AS anon_16, %(voucher_status_0)s::VARCHAR AS anon_17, %(voucher_claimed_0)s::TIMESTAMP WITH TIME ZONE AS anon_18, %(voucher_amount_0)s::BIGINT AS anon_19, %(voucher_percent_0)s::BIGINT AS anon_20, %(voucher_text_0)s::VARCHAR AS anon_21, %(voucher_expires_0)s::TIMESTAMP WITH TIME ZONE AS anon_22
WHERE EXISTS (SELECT %(param_16)s::INTEGER AS anon_23
FROM paid) RETURNING voucher.id),
told AS
(INSERT INTO outbox (chain_id, subscription_id, kind, subject, request_id, occurred_at, due_at, award_id) SELECT %(of_chain)s::BIGINT AS anon_44, listener.subscription_id AS subscription_id, listener.kind AS kind, %(of_whom)s::VARCHAR AS anon_45, %(in_request)s::VARCHAR AS anon_46, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_13, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon__2, %(award)s::UUID AS anon_10
FROM listener
WHERE listener.chain_id IN (%(of_chain)s::BIGINT, %(chain_id_1)s::BIGINT) AND listener.kind IN ('award.given', 'draw.made', 'voucher.issued', 'points.paid') AND (listener.kind != %(kind_1)s::VARCHAR OR %(price)s::BIGINT > %(param_21)s::BIGINT) AND (EXISTS (SELECT %(param_13)s::INTEGER AS anon_6
FROM held_0)) RETURNING outbox.id),
tallied_0 AS
(UPDATE method_tally SET given=(method_tally.given + %(given_2)s::BIGINT), period_from=CASE WHEN (method_tally.period_from < %(method_period_0)s::TIMESTAMP WITH TIME ZONE) THEN %(method_period_0)s::TIMESTAMP WITH TIME ZONE ELSE method_tally.period_from END, in_period=CASE WHEN (method_tally.period_from < %(method_period_0)s::TIMESTAMP WITH TIME ZONE) THEN %(param_11)s::INTEGER ELSE method_tally.in_period + %(in_period_3)s::BIGINT END WHERE method_tally.method_id = %(method_0)s::BIGINT AND method_tally.given < method_tally.allowed AND (method_tally.period_from < %(method_period_0)s::TIMESTAMP WITH TIME ZONE AND %(method_most_0)s::BIGINT > %(param_12)s::BIGINT OR method_tally.in_period < %(method_most_0)s::BIGINT) AND (EXISTS (SELECT %(param_13)s::INTEGER AS anon_6
FROM held_0)) AND (SELECT count(*) AS count_2
FROM told) >= %(param_22)s::INTEGER RETURNING method_tally.given),
given AS
(UPDATE stock SET given=(stock.given + %(given_1)s::BIGINT), customers_count=(stock.customers_count + (SELECT CASE WHEN (counted.received = %(received_1)s::BIGINT) THEN %(param_2)s::INTEGER ELSE %(param_3)s::INTEGER END AS anon_1
FROM counted)), period_from=CASE WHEN (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE) THEN %(stock_period)s::TIMESTAMP WITH TIME ZONE ELSE stock.period_from END, in_period=CASE WHEN (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE) THEN %(param_8)s::INTEGER ELSE stock.in_period + %(in_period_2)s::BIGINT END WHERE stock.campaign_id = %(campaign)s::BIGINT AND stock.given < stock.allowed AND (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE AND %(stock_most)s::BIGINT > %(param_9)s::BIGINT OR stock.in_period < %(stock_most)s::BIGINT) AND stock.revision = %(revision_seen)s::BIGINT AND (EXISTS (SELECT %(param_10)s::INTEGER AS anon_5
FROM tallied_0)) RETURNING stock.given)
 SELECT %(param_1)s::INTEGER / (SELECT count(*) AS count_1
FROM given) AS whole;

-- a voucher, drawn by lot: SQLite, one by one
UPDATE account SET balance=((account.balance - ?) + ?), entries_count=(account.entries_count + ?) WHERE account.customer_id = ? AND account.balance >= ? AND (account.balance - ?) + ? <= ? RETURNING customer_id, balance, entries_count;
INSERT INTO usage (customer_id, campaign_id, received, in_period, period_from) SELECT debited.customer_id, ? AS anon_1, ? AS anon_2, ? AS anon__1, ? AS anon_3
FROM (SELECT account.customer_id AS customer_id, account.balance AS balance, account.entries_count AS entries_count
FROM account
WHERE account.customer_id = ?) AS debited
WHERE debited.customer_id = ? ON CONFLICT (customer_id, campaign_id) DO UPDATE SET received = (usage.received + ?), period_from = CASE WHEN (usage.period_from < ?) THEN ? ELSE usage.period_from END, in_period = CASE WHEN (usage.period_from < ?) THEN ? ELSE usage.in_period + ? END WHERE usage.period_from < ? AND ? > ? OR usage.in_period < ? RETURNING received;
INSERT INTO award (id, campaign_id, customer_id, cause, cause_key, cost, given_at, given_by, given_by_token) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, ? AS anon_9
WHERE 1 = 1 RETURNING id;
INSERT INTO draw (award_id, campaign_id, customer_id, number, candidates, revision, ticket, method_id) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8
FROM (SELECT usage.customer_id AS customer_id, usage.campaign_id AS campaign_id, usage.received AS received, usage.period_from AS period_from, usage.in_period AS in_period
FROM usage
WHERE usage.customer_id = ? AND usage.campaign_id = ?) AS counted
WHERE counted.received = ? RETURNING award_id;
INSERT INTO ledger_entry (customer_id, kind, issuer, issued_by, award_id, created_at, uuid, sequence, delta, balance_after, comment) SELECT debited.customer_id, ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, debited.entries_count - ? AS anon_7, -? AS anon_8, debited.balance - ? AS anon_9, ? AS anon_10
FROM (SELECT account.customer_id AS customer_id, account.balance AS balance, account.entries_count AS entries_count
FROM account
WHERE account.customer_id = ?) AS debited
WHERE 1 = 1 RETURNING id;
INSERT INTO voucher ("key", third_party_id, campaign_id, customer_id, award_id, redeemed, superseded, created_at, method_id, kind, code, status, claimed_at, amount, hundredths_of_percent, text, expires_at) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, ? AS anon_9, ? AS anon_10, ? AS anon_11, ? AS anon_12, ? AS anon_13, ? AS anon_14, ? AS anon_15, ? AS anon_16, ? AS anon_17
WHERE 1 = 1 RETURNING id;
INSERT INTO outbox (chain_id, subscription_id, kind, subject, request_id, occurred_at, due_at, award_id) SELECT ? AS anon_1, listener.subscription_id, listener.kind, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon__1, ? AS anon_5
FROM listener
WHERE listener.chain_id IN (?, ?) AND listener.kind IN ('award.given', 'draw.made', 'voucher.issued', 'points.paid') AND (listener.kind != ? OR ? > ?) RETURNING id;
UPDATE method_tally SET given=(method_tally.given + ?), period_from=CASE WHEN (method_tally.period_from < ?) THEN ? ELSE method_tally.period_from END, in_period=CASE WHEN (method_tally.period_from < ?) THEN ? ELSE method_tally.in_period + ? END WHERE method_tally.method_id = ? AND method_tally.given < method_tally.allowed AND (method_tally.period_from < ? AND ? > ? OR method_tally.in_period < ?) RETURNING given;
UPDATE stock SET given=(stock.given + ?), customers_count=(stock.customers_count + (SELECT CASE WHEN (counted.received = ?) THEN ? ELSE ? END AS anon_1
FROM (SELECT usage.customer_id AS customer_id, usage.campaign_id AS campaign_id, usage.received AS received, usage.period_from AS period_from, usage.in_period AS in_period
FROM usage
WHERE usage.customer_id = ? AND usage.campaign_id = ?) AS counted)), period_from=CASE WHEN (stock.period_from < ?) THEN ? ELSE stock.period_from END, in_period=CASE WHEN (stock.period_from < ?) THEN ? ELSE stock.in_period + ? END WHERE stock.campaign_id = ? AND stock.given < stock.allowed AND (stock.period_from < ? AND ? > ? OR stock.in_period < ?) AND stock.revision = ? RETURNING given;

-- points and a voucher, earned by an event: PostgreSQL, one statement
WITH debited AS
(UPDATE account SET balance=((account.balance - %(price)s::BIGINT) + %(gain)s::BIGINT), entries_count=(account.entries_count + %(entries_count_1)s::BIGINT) WHERE account.customer_id = %(buyer)s::BIGINT AND account.balance >= %(price)s::BIGINT AND (account.balance - %(price)s::BIGINT) + %(gain)s::BIGINT <= %(param_5)s::BIGINT RETURNING account.customer_id, account.balance, account.entries_count),
moved AS
(INSERT INTO behavior_progress (customer_id, behavior_id, version, achieved, current, counts) SELECT %(teller)s::BIGINT AS anon_6, r.b AS b, r.v AS v, r.a AS a, r.n AS n, r.c AS c
FROM json_to_recordset(%(progress)s::JSON) AS r(b BIGINT, v BIGINT, a BIGINT, n BIGINT, c JSON)
WHERE EXISTS (SELECT %(param_7)s::INTEGER AS anon_16
FROM debited) ON CONFLICT (customer_id, behavior_id) DO UPDATE SET version = excluded.version, achieved = excluded.achieved, current = excluded.current, counts = excluded.counts WHERE behavior_progress.version = excluded.version - %(version_1)s::BIGINT RETURNING behavior_progress.behavior_id),
receipt AS
(INSERT INTO event_receipt (customer_id, name, transaction_id, quantity, occurred_at, recorded_at, recorded_by_token, campaign_id, context, outcome) SELECT %(teller)s::BIGINT AS anon_6, %(event)s::VARCHAR AS anon_7, %(transaction)s::VARCHAR AS anon_8, %(times)s::BIGINT AS anon_9, %(happened)s::TIMESTAMP WITH TIME ZONE AS anon_10, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_11, %(partner)s::BIGINT AS anon_12, %(only)s::BIGINT AS anon_13, %(details)s::JSON AS anon_14, %(became)s::JSON AS anon_15
WHERE (SELECT count(*) AS count_2
FROM moved) = %(moved_count)s::BIGINT ON CONFLICT DO NOTHING RETURNING event_receipt.customer_id),
counted AS
(INSERT INTO usage (customer_id, campaign_id, received, in_period, period_from) SELECT debited.customer_id AS customer_id, %(campaign)s::BIGINT AS anon_2, %(param_4)s::BIGINT AS anon_3, %(param_4)s::BIGINT AS anon__1, %(usage_period)s::TIMESTAMP WITH TIME ZONE AS anon_4
FROM debited
WHERE debited.customer_id = %(buyer)s::BIGINT AND (EXISTS (SELECT %(param_6)s::INTEGER AS anon_5
FROM receipt)) ON CONFLICT (customer_id, campaign_id) DO UPDATE SET received = (usage.received + %(received_2)s::BIGINT), period_from = CASE WHEN (usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE) THEN %(usage_period)s::TIMESTAMP WITH TIME ZONE ELSE usage.period_from END, in_period = CASE WHEN (usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE) THEN %(param_8)s::INTEGER ELSE usage.in_period + %(in_period_1)s::BIGINT END WHERE usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE AND %(allowance)s::BIGINT > %(param_9)s::BIGINT OR usage.in_period < %(allowance)s::BIGINT RETURNING usage.received),
recorded AS
(INSERT INTO award (id, campaign_id, customer_id, cause, cause_key, cost, given_at, given_by, given_by_token) SELECT %(award)s::UUID AS anon_23, %(campaign)s::BIGINT AS anon_2, %(buyer)s::BIGINT AS anon_22, %(caused_by)s::VARCHAR AS anon_55, %(only_once)s::VARCHAR AS anon_56, %(price)s::BIGINT AS anon_57, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_26, %(asker)s::BIGINT AS anon_39, %(partner)s::BIGINT AS anon_58
WHERE EXISTS (SELECT %(param_26)s::INTEGER AS anon_59
FROM counted) RETURNING award.id),
paid AS
(INSERT INTO ledger_entry (customer_id, kind, issuer, issued_by, award_id, created_at, uuid, sequence, delta, balance_after, comment) SELECT debited.customer_id AS customer_id, %(param_24)s::VARCHAR AS anon_47, %(by_whom)s::VARCHAR AS anon_48, %(asker)s::BIGINT AS anon_39, %(award)s::UUID AS anon_23, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_26, %(entry)s::UUID AS anon_49, debited.entries_count - %(entries_count_3)s::BIGINT AS anon_50, -%(price)s::BIGINT AS anon_51, debited.balance - %(gain)s::BIGINT AS anon_52, %(campaign_name)s::VARCHAR AS anon_53
FROM debited
WHERE EXISTS (SELECT %(param_25)s::INTEGER AS anon_54
FROM recorded) RETURNING ledger_entry.id),
gained_0 AS
(INSERT INTO ledger_entry (customer_id, kind, issuer, issued_by, award_id, created_at, uuid, sequence, delta, balance_after, comment, method_id) SELECT debited.customer_id AS customer_id, %(param_22)s::VARCHAR AS anon_37, %(by_whom)s::VARCHAR AS anon_38, %(asker)s::BIGINT AS anon_39, %(award)s::UUID AS anon_23, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_26, %(entry_0)s::UUID AS anon_40, debited.entries_count - %(entries_count_2)s::BIGINT AS anon_41, %(gain_0)s::BIGINT AS anon_42, debited.balance - %(later_gain_0)s::BIGINT AS anon_43, %(campaign_name)s::VARCHAR AS anon_44, %(method_0)s::BIGINT AS anon_45
FROM debited
WHERE EXISTS (SELECT %(param_23)s::INTEGER AS anon_46
FROM paid) RETURNING ledger_entry.id),
held_1 AS
(INSERT INTO voucher (key, third_party_id, campaign_id, customer_id, award_id, redeemed, superseded, created_at, method_id, kind, code, status, claimed_at, amount, hundredths_of_percent, text, expires_at) SELECT %(voucher_key_1)s::VARCHAR AS anon_20, %(third_party_1)s::BIGINT AS anon_21, %(campaign)s::BIGINT AS anon_2, %(buyer)s::BIGINT AS anon_22, %(award)s::UUID AS anon_23, %(param_19)s::BIGINT AS anon_24, %(param_20)s AS anon_25, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_26, %(method_1)s::BIGINT AS anon_27, %(voucher_kind_1)s::VARCHAR AS anon_28, %(voucher_code_1)s::VARCHAR AS anon_29, %(voucher_status_1)s::VARCHAR AS anon_30, %(voucher_claimed_1)s::TIMESTAMP WITH TIME ZONE AS anon_31, %(voucher_amount_1)s::BIGINT AS anon_32, %(voucher_percent_1)s::BIGINT AS anon_33, %(voucher_text_1)s::VARCHAR AS anon_34, %(voucher_expires_1)s::TIMESTAMP WITH TIME ZONE AS anon_35
WHERE EXISTS (SELECT %(param_21)s::INTEGER AS anon_36
FROM gained_0) RETURNING voucher.id),
told AS
(INSERT INTO outbox (chain_id, subscription_id, kind, subject, request_id, occurred_at, due_at, award_id) SELECT %(of_chain)s::BIGINT AS anon_60, listener.subscription_id AS subscription_id, listener.kind AS kind, %(of_whom)s::VARCHAR AS anon_61, %(in_request)s::VARCHAR AS anon_62, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_26, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon__2, %(award)s::UUID AS anon_23
FROM listener
WHERE listener.chain_id IN (%(of_chain)s::BIGINT, %(chain_id_1)s::BIGINT) AND listener.kind IN ('award.given', 'voucher.issued', 'points.earned', 'points.paid') AND (listener.kind != %(kind_1)s::VARCHAR OR %(price)s::BIGINT > %(param_27)s::BIGINT) AND (EXISTS (SELECT %(param_18)s::INTEGER AS anon_19
FROM held_1)) RETURNING outbox.id),
tallied_0 AS
(UPDATE method_tally SET given=(method_tally.given + %(given_3)s::BIGINT), period_from=CASE WHEN (method_tally.period_from < %(method_period_0)s::TIMESTAMP WITH TIME ZONE) THEN %(method_period_0)s::TIMESTAMP WITH TIME ZONE ELSE method_tally.period_from END, in_period=CASE WHEN (method_tally.period_from < %(method_period_0)s::TIMESTAMP WITH TIME ZONE) THEN %(param_16)s::INTEGER ELSE method_tally.in_period + %(in_period_4)s::BIGINT END WHERE method_tally.method_id = %(method_0)s::BIGINT AND method_tally.given < method_tally.allowed AND (method_tally.period_from < %(method_period_0)s::TIMESTAMP WITH TIME ZONE AND %(method_most_0)s::BIGINT > %(param_17)s::BIGINT OR method_tally.in_period < %(method_most_0)s::BIGINT) AND (EXISTS (SELECT %(param_18)s::INTEGER AS anon_19
FROM held_1)) AND (SELECT count(*) AS count_3
FROM told) >= %(param_28)s::INTEGER RETURNING method_tally.given),
tallied_1 AS
(UPDATE method_tally SET given=(method_tally.given + %(given_2)s::BIGINT), period_from=CASE WHEN (method_tally.period_from < %(method_period_1)s::TIMESTAMP WITH TIME ZONE) THEN %(method_period_1)s::TIMESTAMP WITH TIME ZONE ELSE method_tally.period_from END, in_period=CASE WHEN (method_tally.period_from < %(method_period_1)s::TIMESTAMP WITH TIME ZONE) THEN %(param_13)s::INTEGER ELSE method_tally.in_period + %(in_period_3)s::BIGINT END WHERE method_tally.method_id = %(method_1)s::BIGINT AND method_tally.given < method_tally.allowed AND (method_tally.period_from < %(method_period_1)s::TIMESTAMP WITH TIME ZONE AND %(method_most_1)s::BIGINT > %(param_14)s::BIGINT OR method_tally.in_period < %(method_most_1)s::BIGINT) AND (EXISTS (SELECT %(param_15)s::INTEGER AS anon_18
FROM tallied_0)) RETURNING method_tally.given),
given AS
(UPDATE stock SET given=(stock.given + %(given_1)s::BIGINT), customers_count=(stock.customers_count + (SELECT CASE WHEN (counted.received = %(received_1)s::BIGINT) THEN %(param_2)s::INTEGER ELSE %(param_3)s::INTEGER END AS anon_1
FROM counted)), period_from=CASE WHEN (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE) THEN %(stock_period)s::TIMESTAMP WITH TIME ZONE ELSE stock.period_from END, in_period=CASE WHEN (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE) THEN %(param_10)s::INTEGER ELSE stock.in_period + %(in_period_2)s::BIGINT END WHERE stock.campaign_id = %(campaign)s::BIGINT AND stock.given < stock.allowed AND (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE AND %(stock_most)s::BIGINT > %(param_11)s::BIGINT OR stock.in_period < %(stock_most)s::BIGINT) AND stock.revision = %(revision_seen)s::BIGINT AND (EXISTS (SELECT %(param_12)s::INTEGER AS anon_17
FROM tallied_1)) RETURNING stock.given)
 SELECT %(param_1)s::INTEGER / (SELECT count(*) AS count_1
FROM given) AS whole;

-- points and a voucher, earned by an event: SQLite, one by one
UPDATE account SET balance=((account.balance - ?) + ?), entries_count=(account.entries_count + ?) WHERE account.customer_id = ? AND account.balance >= ? AND (account.balance - ?) + ? <= ? RETURNING customer_id, balance, entries_count;
INSERT INTO behavior_progress (customer_id, behavior_id, version, achieved, current, counts) SELECT ? AS anon_1, json_extract(r.value, ?) AS json_extract_1, json_extract(r.value, ?) AS json_extract_3, json_extract(r.value, ?) AS json_extract_5, json_extract(r.value, ?) AS json_extract_7, json_extract(r.value, ?) AS json_extract_9
FROM json_each(?) AS r
WHERE 1 = 1 ON CONFLICT (customer_id, behavior_id) DO UPDATE SET version = excluded.version, achieved = excluded.achieved, current = excluded.current, counts = excluded.counts WHERE behavior_progress.version = excluded.version - ? RETURNING behavior_id;
INSERT INTO event_receipt (customer_id, name, transaction_id, quantity, occurred_at, recorded_at, recorded_by_token, campaign_id, context, outcome) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, ? AS anon_9, ? AS anon_10
WHERE 1 = 1 ON CONFLICT DO NOTHING RETURNING customer_id;
INSERT INTO usage (customer_id, campaign_id, received, in_period, period_from) SELECT debited.customer_id, ? AS anon_1, ? AS anon_2, ? AS anon__1, ? AS anon_3
FROM (SELECT account.customer_id AS customer_id, account.balance AS balance, account.entries_count AS entries_count
FROM account
WHERE account.customer_id = ?) AS debited
WHERE debited.customer_id = ? ON CONFLICT (customer_id, campaign_id) DO UPDATE SET received = (usage.received + ?), period_from = CASE WHEN (usage.period_from < ?) THEN ? ELSE usage.period_from END, in_period = CASE WHEN (usage.period_from < ?) THEN ? ELSE usage.in_period + ? END WHERE usage.period_from < ? AND ? > ? OR usage.in_period < ? RETURNING received;
INSERT INTO award (id, campaign_id, customer_id, cause, cause_key, cost, given_at, given_by, given_by_token) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, ? AS anon_9
WHERE 1 = 1 RETURNING id;
INSERT INTO ledger_entry (customer_id, kind, issuer, issued_by, award_id, created_at, uuid, sequence, delta, balance_after, comment) SELECT debited.customer_id, ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, debited.entries_count - ? AS anon_7, -? AS anon_8, debited.balance - ? AS anon_9, ? AS anon_10
FROM (SELECT account.customer_id AS customer_id, account.balance AS balance, account.entries_count AS entries_count
FROM account
WHERE account.customer_id = ?) AS debited
WHERE 1 = 1 RETURNING id;
INSERT INTO ledger_entry (customer_id, kind, issuer, issued_by, award_id, created_at, uuid, sequence, delta, balance_after, comment, method_id) SELECT debited.customer_id, ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, debited.entries_count - ? AS anon_7, ? AS anon_8, debited.balance - ? AS anon_9, ? AS anon_10, ? AS anon_11
FROM (SELECT account.customer_id AS customer_id, account.balance AS balance, account.entries_count AS entries_count
FROM account
WHERE account.customer_id = ?) AS debited
WHERE 1 = 1 RETURNING id;
INSERT INTO voucher ("key", third_party_id, campaign_id, customer_id, award_id, redeemed, superseded, created_at, method_id, kind, code, status, claimed_at, amount, hundredths_of_percent, text, expires_at) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, ? AS anon_9, ? AS anon_10, ? AS anon_11, ? AS anon_12, ? AS anon_13, ? AS anon_14, ? AS anon_15, ? AS anon_16, ? AS anon_17
WHERE 1 = 1 RETURNING id;
INSERT INTO outbox (chain_id, subscription_id, kind, subject, request_id, occurred_at, due_at, award_id) SELECT ? AS anon_1, listener.subscription_id, listener.kind, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon__1, ? AS anon_5
FROM listener
WHERE listener.chain_id IN (?, ?) AND listener.kind IN ('award.given', 'voucher.issued', 'points.earned', 'points.paid') AND (listener.kind != ? OR ? > ?) RETURNING id;
UPDATE method_tally SET given=(method_tally.given + ?), period_from=CASE WHEN (method_tally.period_from < ?) THEN ? ELSE method_tally.period_from END, in_period=CASE WHEN (method_tally.period_from < ?) THEN ? ELSE method_tally.in_period + ? END WHERE method_tally.method_id = ? AND method_tally.given < method_tally.allowed AND (method_tally.period_from < ? AND ? > ? OR method_tally.in_period < ?) RETURNING given;
UPDATE method_tally SET given=(method_tally.given + ?), period_from=CASE WHEN (method_tally.period_from < ?) THEN ? ELSE method_tally.period_from END, in_period=CASE WHEN (method_tally.period_from < ?) THEN ? ELSE method_tally.in_period + ? END WHERE method_tally.method_id = ? AND method_tally.given < method_tally.allowed AND (method_tally.period_from < ? AND ? > ? OR method_tally.in_period < ?) RETURNING given;
UPDATE stock SET given=(stock.given + ?), customers_count=(stock.customers_count + (SELECT CASE WHEN (counted.received = ?) THEN ? ELSE ? END AS anon_1
FROM (SELECT usage.customer_id AS customer_id, usage.campaign_id AS campaign_id, usage.received AS received, usage.period_from AS period_from, usage.in_period AS in_period
FROM usage
WHERE usage.customer_id = ? AND usage.campaign_id = ?) AS counted)), period_from=CASE WHEN (stock.period_from < ?) THEN ? ELSE stock.period_from END, in_period=CASE WHEN (stock.period_from < ?) THEN ? ELSE stock.in_period + ? END WHERE stock.campaign_id = ? AND stock.given < stock.allowed AND (stock.period_from < ? AND ? > ? OR stock.in_period < ?) AND stock.revision = ? RETURNING given;
