-- a coupon from a pool: PostgreSQL, one statement
WITH debited AS
(UPDATE account SET balance=(account.balance - %(price)s::BIGINT), entries_count=(account.entries_count + %(entries_count_1)s::BIGINT) WHERE account.customer_id = %(buyer)s::BIGINT AND (%(price)s::BIGINT = %(param_3)s::BIGINT OR account.balance >= %(price)s::BIGINT) AND (account.due_at IS NULL OR account.due_at > %(moment)s::TIMESTAMP WITH TIME ZONE) AND account.closed IS false RETURNING account.customer_id, account.balance, account.entries_count),
counted AS
(INSERT INTO usage (chain_id, customer_id, campaign_id, received, in_period, period_from) SELECT %(of_chain)s::BIGINT AS anon_2, debited.customer_id AS customer_id, %(campaign)s::BIGINT AS anon_3, %(param_2)s::BIGINT AS anon_4, %(param_2)s::BIGINT AS anon__1, %(usage_period)s::TIMESTAMP WITH TIME ZONE AS anon_5
FROM debited
WHERE debited.customer_id = %(buyer)s::BIGINT ON CONFLICT (customer_id, campaign_id) DO UPDATE SET received = (usage.received + %(received_1)s::BIGINT), period_from = CASE WHEN (usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE) THEN %(usage_period)s::TIMESTAMP WITH TIME ZONE ELSE usage.period_from END, in_period = CASE WHEN (usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE) THEN %(param_4)s::INTEGER ELSE usage.in_period + %(in_period_1)s::BIGINT END WHERE usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE AND %(allowance)s::BIGINT > %(param_5)s::BIGINT OR usage.in_period < %(allowance)s::BIGINT RETURNING usage.received),
claimed AS
(UPDATE coupon SET award_id=%(award)s::UUID WHERE coupon.id = (SELECT coupon.id
FROM coupon
WHERE coupon.campaign_id = %(campaign)s::BIGINT AND coupon.award_id IS NULL AND (EXISTS (SELECT %(param_1)s::INTEGER AS anon_1
FROM counted)) ORDER BY coupon.position
 LIMIT %(param_6)s::INTEGER FOR UPDATE SKIP LOCKED) AND coupon.award_id IS NULL RETURNING coupon.id, coupon.code),
recorded AS
(INSERT INTO award (id, chain_id, campaign_id, customer_id, cause, cause_key, cost, given_at, given_by, given_by_token) SELECT %(award)s::UUID AS anon_11, %(of_chain)s::BIGINT AS anon_2, %(campaign)s::BIGINT AS anon_3, %(buyer)s::BIGINT AS anon_10, %(caused_by)s::VARCHAR AS anon_28, %(only_once)s::VARCHAR AS anon_29, %(price)s::BIGINT AS anon_30, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_14, %(asker)s::BIGINT AS anon_21, %(partner)s::BIGINT AS anon_31
WHERE EXISTS (SELECT %(param_23)s::INTEGER AS anon_32
FROM claimed) RETURNING award.id),
paid AS
(INSERT INTO ledger_entry (chain_id, customer_id, kind, issuer, issued_by, award_id, created_at, locked, uuid, sequence, delta, balance_after, comment) SELECT %(of_chain)s::BIGINT AS anon_2, debited.customer_id AS customer_id, %(param_19)s::VARCHAR AS anon_19, %(by_whom)s::VARCHAR AS anon_20, %(asker)s::BIGINT AS anon_21, %(award)s::UUID AS anon_11, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_14, %(param_20)s::BIGINT AS anon_22, %(entry)s::UUID AS anon_23, debited.entries_count - %(entries_count_2)s::BIGINT AS anon_24, -%(price)s::BIGINT AS anon_25, debited.balance AS balance, %(campaign_name)s::VARCHAR || %(param_21)s::VARCHAR || (SELECT claimed.code
FROM claimed) AS anon_26
FROM debited
WHERE EXISTS (SELECT %(param_22)s::INTEGER AS anon_27
FROM recorded) RETURNING ledger_entry.id),
held_0 AS
(INSERT INTO voucher (key, third_party_id, chain_id, campaign_id, customer_id, award_id, redeemed, superseded, created_at, coupon_id, kind, code, status, claimed_at, amount) SELECT %(voucher_key_coupon)s::VARCHAR AS anon_8, %(third_party_coupon)s::BIGINT AS anon_9, %(of_chain)s::BIGINT AS anon_2, %(campaign)s::BIGINT AS anon_3, %(buyer)s::BIGINT AS anon_10, %(award)s::UUID AS anon_11, %(param_13)s::BIGINT AS anon_12, %(param_14)s AS anon_13, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_14, claimed.id AS id, %(param_15)s::VARCHAR AS anon_15, claimed.code AS code, %(param_16)s::VARCHAR AS anon_16, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon__2, %(param_17)s::BIGINT AS anon_17
FROM claimed
WHERE EXISTS (SELECT %(param_18)s::INTEGER AS anon_18
FROM paid) RETURNING voucher.id),
told AS
(INSERT INTO outbox (chain_id, subscription_id, kind, subject, request_id, occurred_at, due_at, award_id) SELECT %(of_chain)s::BIGINT AS anon_2, listener.subscription_id AS subscription_id, listener.kind AS kind, %(of_whom)s::VARCHAR AS anon_33, %(in_request)s::VARCHAR AS anon_34, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_14, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon__2, %(award)s::UUID AS anon_11
FROM listener
WHERE listener.chain_id IN (%(of_chain)s::BIGINT, %(chain_id_1)s::BIGINT) AND listener.kind IN ('purchase.made', 'voucher.issued', 'points.paid') AND (listener.kind != %(kind_1)s::VARCHAR OR %(price)s::BIGINT > %(param_24)s::BIGINT) AND (EXISTS (SELECT %(param_12)s::INTEGER AS anon_7
FROM held_0)) RETURNING outbox.id),
given AS
(UPDATE stock SET given=(stock.given + %(given_1)s::BIGINT), customers_count=(stock.customers_count + (SELECT CASE WHEN (counted.received = %(received_2)s::BIGINT) THEN %(param_8)s::INTEGER ELSE %(param_9)s::INTEGER END AS anon_6
FROM counted)), period_from=CASE WHEN (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE) THEN %(stock_period)s::TIMESTAMP WITH TIME ZONE ELSE stock.period_from END, in_period=CASE WHEN (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE) THEN %(param_10)s::INTEGER ELSE stock.in_period + %(in_period_2)s::BIGINT END WHERE stock.campaign_id = %(campaign)s::BIGINT AND stock.given < stock.allowed AND (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE AND %(stock_most)s::BIGINT > %(param_11)s::BIGINT OR stock.in_period < %(stock_most)s::BIGINT) AND stock.revision = %(revision_seen)s::BIGINT AND (EXISTS (SELECT %(param_12)s::INTEGER AS anon_7
FROM held_0)) AND (SELECT count(*) AS count_2
FROM told) >= %(param_25)s::INTEGER RETURNING stock.given)
 SELECT (SELECT claimed.code
FROM claimed) AS result, %(param_7)s::INTEGER / (SELECT count(*) AS count_1
FROM given) AS whole;

-- a coupon from a pool: SQLite, one by one
UPDATE account SET balance=(account.balance - ?), entries_count=(account.entries_count + ?) WHERE account.customer_id = ? AND (? = ? OR account.balance >= ?) AND (account.due_at IS NULL OR account.due_at > ?) AND account.closed IS 0 RETURNING customer_id, balance, entries_count;
INSERT INTO usage (chain_id, customer_id, campaign_id, received, in_period, period_from) SELECT ? AS anon_1, debited.customer_id, ? AS anon_2, ? AS anon_3, ? AS anon__1, ? AS anon_4
FROM (SELECT account.customer_id AS customer_id, account.balance AS balance, account.entries_count AS entries_count, account.locked AS locked, account.due_at AS due_at, account.settled_count AS settled_count, account.owed AS owed, account.closed AS closed, account.chain_id AS chain_id
FROM account
WHERE account.customer_id = ?) AS debited
WHERE debited.customer_id = ? ON CONFLICT (customer_id, campaign_id) DO UPDATE SET received = (usage.received + ?), period_from = CASE WHEN (usage.period_from < ?) THEN ? ELSE usage.period_from END, in_period = CASE WHEN (usage.period_from < ?) THEN ? ELSE usage.in_period + ? END WHERE usage.period_from < ? AND ? > ? OR usage.in_period < ? RETURNING received;
UPDATE coupon SET award_id=? WHERE coupon.id = (SELECT coupon.id
FROM coupon
WHERE coupon.campaign_id = ? AND coupon.award_id IS NULL ORDER BY coupon.position
 LIMIT ? OFFSET ?) AND coupon.award_id IS NULL RETURNING id, code;
INSERT INTO award (id, chain_id, campaign_id, customer_id, cause, cause_key, cost, given_at, given_by, given_by_token) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, ? AS anon_9, ? AS anon_10
WHERE 1 = 1 RETURNING id;
INSERT INTO ledger_entry (chain_id, customer_id, kind, issuer, issued_by, award_id, created_at, locked, uuid, sequence, delta, balance_after, comment) SELECT ? AS anon_1, debited.customer_id, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, debited.entries_count - ? AS anon_9, -? AS anon_10, debited.balance, ? || ? || (SELECT claimed.code
FROM (SELECT coupon.id AS id, coupon.campaign_id AS campaign_id, coupon.code AS code, coupon.position AS position, coupon.award_id AS award_id, coupon.chain_id AS chain_id
FROM coupon
WHERE coupon.award_id = ?) AS claimed) AS anon_11
FROM (SELECT account.customer_id AS customer_id, account.balance AS balance, account.entries_count AS entries_count, account.locked AS locked, account.due_at AS due_at, account.settled_count AS settled_count, account.owed AS owed, account.closed AS closed, account.chain_id AS chain_id
FROM account
WHERE account.customer_id = ?) AS debited
WHERE 1 = 1 RETURNING id;
INSERT INTO voucher ("key", third_party_id, chain_id, campaign_id, customer_id, award_id, redeemed, superseded, created_at, coupon_id, kind, code, status, claimed_at, amount) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, ? AS anon_9, claimed.id, ? AS anon_10, claimed.code, ? AS anon_11, ? AS anon__1, ? AS anon_12
FROM (SELECT coupon.id AS id, coupon.campaign_id AS campaign_id, coupon.code AS code, coupon.position AS position, coupon.award_id AS award_id, coupon.chain_id AS chain_id
FROM coupon
WHERE coupon.award_id = ?) AS claimed
WHERE 1 = 1 RETURNING id;
INSERT INTO outbox (chain_id, subscription_id, kind, subject, request_id, occurred_at, due_at, award_id) SELECT ? AS anon_1, listener.subscription_id, listener.kind, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon__1, ? AS anon_5
FROM listener
WHERE listener.chain_id IN (?, ?) AND listener.kind IN ('purchase.made', 'voucher.issued', 'points.paid') AND (listener.kind != ? OR ? > ?) RETURNING id;
UPDATE stock SET given=(stock.given + ?), customers_count=(stock.customers_count + (SELECT CASE WHEN (counted.received = ?) THEN ? ELSE ? END AS anon_1
FROM (SELECT usage.customer_id AS customer_id, usage.campaign_id AS campaign_id, usage.received AS received, usage.period_from AS period_from, usage.in_period AS in_period, usage.chain_id AS chain_id
FROM usage
WHERE usage.customer_id = ? AND usage.campaign_id = ?) AS counted)), period_from=CASE WHEN (stock.period_from < ?) THEN ? ELSE stock.period_from END, in_period=CASE WHEN (stock.period_from < ?) THEN ? ELSE stock.in_period + ? END WHERE stock.campaign_id = ? AND stock.given < stock.allowed AND (stock.period_from < ? AND ? > ? OR stock.in_period < ?) AND stock.revision = ? RETURNING given;

-- a coupon that all buyers share: PostgreSQL, one statement
WITH debited AS
(UPDATE account SET balance=(account.balance - %(price)s::BIGINT), entries_count=(account.entries_count + %(entries_count_1)s::BIGINT) WHERE account.customer_id = %(buyer)s::BIGINT AND (%(price)s::BIGINT = %(param_3)s::BIGINT OR account.balance >= %(price)s::BIGINT) AND (account.due_at IS NULL OR account.due_at > %(moment)s::TIMESTAMP WITH TIME ZONE) AND account.closed IS false RETURNING account.customer_id, account.balance, account.entries_count),
counted AS
(INSERT INTO usage (chain_id, customer_id, campaign_id, received, in_period, period_from) SELECT %(of_chain)s::BIGINT AS anon_2, debited.customer_id AS customer_id, %(campaign)s::BIGINT AS anon_3, %(param_2)s::BIGINT AS anon_4, %(param_2)s::BIGINT AS anon__1, %(usage_period)s::TIMESTAMP WITH TIME ZONE AS anon_5
FROM debited
WHERE debited.customer_id = %(buyer)s::BIGINT ON CONFLICT (customer_id, campaign_id) DO UPDATE SET received = (usage.received + %(received_1)s::BIGINT), period_from = CASE WHEN (usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE) THEN %(usage_period)s::TIMESTAMP WITH TIME ZONE ELSE usage.period_from END, in_period = CASE WHEN (usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE) THEN %(param_4)s::INTEGER ELSE usage.in_period + %(in_period_1)s::BIGINT END WHERE usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE AND %(allowance)s::BIGINT > %(param_5)s::BIGINT OR usage.in_period < %(allowance)s::BIGINT RETURNING usage.received),
claimed AS
(SELECT coupon.id AS id, coupon.code AS code
FROM coupon
WHERE coupon.campaign_id = %(campaign)s::BIGINT AND (EXISTS (SELECT %(param_1)s::INTEGER AS anon_1
FROM counted))
 LIMIT %(param_6)s::INTEGER),
recorded AS
(INSERT INTO award (id, chain_id, campaign_id, customer_id, cause, cause_key, cost, given_at, given_by, given_by_token) SELECT %(award)s::UUID AS anon_11, %(of_chain)s::BIGINT AS anon_2, %(campaign)s::BIGINT AS anon_3, %(buyer)s::BIGINT AS anon_10, %(caused_by)s::VARCHAR AS anon_28, %(only_once)s::VARCHAR AS anon_29, %(price)s::BIGINT AS anon_30, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_14, %(asker)s::BIGINT AS anon_21, %(partner)s::BIGINT AS anon_31
WHERE EXISTS (SELECT %(param_23)s::INTEGER AS anon_32
FROM claimed) RETURNING award.id),
paid AS
(INSERT INTO ledger_entry (chain_id, customer_id, kind, issuer, issued_by, award_id, created_at, locked, uuid, sequence, delta, balance_after, comment) SELECT %(of_chain)s::BIGINT AS anon_2, debited.customer_id AS customer_id, %(param_19)s::VARCHAR AS anon_19, %(by_whom)s::VARCHAR AS anon_20, %(asker)s::BIGINT AS anon_21, %(award)s::UUID AS anon_11, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_14, %(param_20)s::BIGINT AS anon_22, %(entry)s::UUID AS anon_23, debited.entries_count - %(entries_count_2)s::BIGINT AS anon_24, -%(price)s::BIGINT AS anon_25, debited.balance AS balance, %(campaign_name)s::VARCHAR || %(param_21)s::VARCHAR || (SELECT claimed.code
FROM claimed) AS anon_26
FROM debited
WHERE EXISTS (SELECT %(param_22)s::INTEGER AS anon_27
FROM recorded) RETURNING ledger_entry.id),
held_0 AS
(INSERT INTO voucher (key, third_party_id, chain_id, campaign_id, customer_id, award_id, redeemed, superseded, created_at, coupon_id, kind, code, status, claimed_at, amount) SELECT %(voucher_key_coupon)s::VARCHAR AS anon_8, %(third_party_coupon)s::BIGINT AS anon_9, %(of_chain)s::BIGINT AS anon_2, %(campaign)s::BIGINT AS anon_3, %(buyer)s::BIGINT AS anon_10, %(award)s::UUID AS anon_11, %(param_13)s::BIGINT AS anon_12, %(param_14)s AS anon_13, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_14, claimed.id AS id, %(param_15)s::VARCHAR AS anon_15, claimed.code AS code, %(param_16)s::VARCHAR AS anon_16, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon__2, %(param_17)s::BIGINT AS anon_17
FROM claimed
WHERE EXISTS (SELECT %(param_18)s::INTEGER AS anon_18
FROM paid) RETURNING voucher.id),
told AS
(INSERT INTO outbox (chain_id, subscription_id, kind, subject, request_id, occurred_at, due_at, award_id) SELECT %(of_chain)s::BIGINT AS anon_2, listener.subscription_id AS subscription_id, listener.kind AS kind, %(of_whom)s::VARCHAR AS anon_33, %(in_request)s::VARCHAR AS anon_34, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_14, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon__2, %(award)s::UUID AS anon_11
FROM listener
WHERE listener.chain_id IN (%(of_chain)s::BIGINT, %(chain_id_1)s::BIGINT) AND listener.kind IN ('purchase.made', 'voucher.issued', 'points.paid') AND (listener.kind != %(kind_1)s::VARCHAR OR %(price)s::BIGINT > %(param_24)s::BIGINT) AND (EXISTS (SELECT %(param_12)s::INTEGER AS anon_7
FROM held_0)) RETURNING outbox.id),
given AS
(UPDATE stock SET given=(stock.given + %(given_1)s::BIGINT), customers_count=(stock.customers_count + (SELECT CASE WHEN (counted.received = %(received_2)s::BIGINT) THEN %(param_8)s::INTEGER ELSE %(param_9)s::INTEGER END AS anon_6
FROM counted)), period_from=CASE WHEN (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE) THEN %(stock_period)s::TIMESTAMP WITH TIME ZONE ELSE stock.period_from END, in_period=CASE WHEN (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE) THEN %(param_10)s::INTEGER ELSE stock.in_period + %(in_period_2)s::BIGINT END WHERE stock.campaign_id = %(campaign)s::BIGINT AND stock.given < stock.allowed AND (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE AND %(stock_most)s::BIGINT > %(param_11)s::BIGINT OR stock.in_period < %(stock_most)s::BIGINT) AND stock.revision = %(revision_seen)s::BIGINT AND (EXISTS (SELECT %(param_12)s::INTEGER AS anon_7
FROM held_0)) AND (SELECT count(*) AS count_2
FROM told) >= %(param_25)s::INTEGER RETURNING stock.given)
 SELECT (SELECT claimed.code
FROM claimed) AS result, %(param_7)s::INTEGER / (SELECT count(*) AS count_1
FROM given) AS whole;

-- a coupon that all buyers share: SQLite, one by one
UPDATE account SET balance=(account.balance - ?), entries_count=(account.entries_count + ?) WHERE account.customer_id = ? AND (? = ? OR account.balance >= ?) AND (account.due_at IS NULL OR account.due_at > ?) AND account.closed IS 0 RETURNING customer_id, balance, entries_count;
INSERT INTO usage (chain_id, customer_id, campaign_id, received, in_period, period_from) SELECT ? AS anon_1, debited.customer_id, ? AS anon_2, ? AS anon_3, ? AS anon__1, ? AS anon_4
FROM (SELECT account.customer_id AS customer_id, account.balance AS balance, account.entries_count AS entries_count, account.locked AS locked, account.due_at AS due_at, account.settled_count AS settled_count, account.owed AS owed, account.closed AS closed, account.chain_id AS chain_id
FROM account
WHERE account.customer_id = ?) AS debited
WHERE debited.customer_id = ? ON CONFLICT (customer_id, campaign_id) DO UPDATE SET received = (usage.received + ?), period_from = CASE WHEN (usage.period_from < ?) THEN ? ELSE usage.period_from END, in_period = CASE WHEN (usage.period_from < ?) THEN ? ELSE usage.in_period + ? END WHERE usage.period_from < ? AND ? > ? OR usage.in_period < ? RETURNING received;
SELECT coupon.id, coupon.code
FROM coupon
WHERE coupon.campaign_id = ?
 LIMIT ? OFFSET ?;
INSERT INTO award (id, chain_id, campaign_id, customer_id, cause, cause_key, cost, given_at, given_by, given_by_token) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, ? AS anon_9, ? AS anon_10
WHERE 1 = 1 RETURNING id;
INSERT INTO ledger_entry (chain_id, customer_id, kind, issuer, issued_by, award_id, created_at, locked, uuid, sequence, delta, balance_after, comment) SELECT ? AS anon_1, debited.customer_id, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, debited.entries_count - ? AS anon_9, -? AS anon_10, debited.balance, ? || ? || (SELECT claimed.code
FROM (SELECT coupon.id AS id, coupon.campaign_id AS campaign_id, coupon.code AS code, coupon.position AS position, coupon.award_id AS award_id, coupon.chain_id AS chain_id
FROM coupon
WHERE coupon.campaign_id = ?) AS claimed) AS anon_11
FROM (SELECT account.customer_id AS customer_id, account.balance AS balance, account.entries_count AS entries_count, account.locked AS locked, account.due_at AS due_at, account.settled_count AS settled_count, account.owed AS owed, account.closed AS closed, account.chain_id AS chain_id
FROM account
WHERE account.customer_id = ?) AS debited
WHERE 1 = 1 RETURNING id;
INSERT INTO voucher ("key", third_party_id, chain_id, campaign_id, customer_id, award_id, redeemed, superseded, created_at, coupon_id, kind, code, status, claimed_at, amount) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, ? AS anon_9, claimed.id, ? AS anon_10, claimed.code, ? AS anon_11, ? AS anon__1, ? AS anon_12
FROM (SELECT coupon.id AS id, coupon.campaign_id AS campaign_id, coupon.code AS code, coupon.position AS position, coupon.award_id AS award_id, coupon.chain_id AS chain_id
FROM coupon
WHERE coupon.campaign_id = ?) AS claimed
WHERE 1 = 1 RETURNING id;
INSERT INTO outbox (chain_id, subscription_id, kind, subject, request_id, occurred_at, due_at, award_id) SELECT ? AS anon_1, listener.subscription_id, listener.kind, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon__1, ? AS anon_5
FROM listener
WHERE listener.chain_id IN (?, ?) AND listener.kind IN ('purchase.made', 'voucher.issued', 'points.paid') AND (listener.kind != ? OR ? > ?) RETURNING id;
UPDATE stock SET given=(stock.given + ?), customers_count=(stock.customers_count + (SELECT CASE WHEN (counted.received = ?) THEN ? ELSE ? END AS anon_1
FROM (SELECT usage.customer_id AS customer_id, usage.campaign_id AS campaign_id, usage.received AS received, usage.period_from AS period_from, usage.in_period AS in_period, usage.chain_id AS chain_id
FROM usage
WHERE usage.customer_id = ? AND usage.campaign_id = ?) AS counted)), period_from=CASE WHEN (stock.period_from < ?) THEN ? ELSE stock.period_from END, in_period=CASE WHEN (stock.period_from < ?) THEN ? ELSE stock.in_period + ? END WHERE stock.campaign_id = ? AND stock.given < stock.allowed AND (stock.period_from < ? AND ? > ? OR stock.in_period < ?) AND stock.revision = ? RETURNING given;

-- points, limited per customer: PostgreSQL, one statement
WITH debited AS
(UPDATE account SET balance=((account.balance - %(price)s::BIGINT) + %(gain)s::BIGINT), entries_count=(account.entries_count + %(entries_count_1)s::BIGINT), locked=(account.locked + %(locked_gain)s::BIGINT), due_at=CASE WHEN (account.due_at IS NULL OR account.due_at > %(gain_due)s::TIMESTAMP WITH TIME ZONE) THEN %(gain_due)s::TIMESTAMP WITH TIME ZONE ELSE account.due_at END WHERE account.customer_id = %(buyer)s::BIGINT AND (%(price)s::BIGINT = %(param_5)s::BIGINT OR account.balance >= %(price)s::BIGINT) AND (account.due_at IS NULL OR account.due_at > %(moment)s::TIMESTAMP WITH TIME ZONE) AND account.closed IS false AND (account.balance - %(price)s::BIGINT) + %(gain)s::BIGINT + account.locked + %(locked_gain)s::BIGINT <= %(param_6)s::BIGINT RETURNING account.customer_id, account.balance, account.entries_count),
counted AS
(INSERT INTO usage (chain_id, customer_id, campaign_id, received, in_period, period_from) SELECT %(of_chain)s::BIGINT AS anon_2, debited.customer_id AS customer_id, %(campaign)s::BIGINT AS anon_3, %(param_4)s::BIGINT AS anon_4, %(param_4)s::BIGINT AS anon__1, %(usage_period)s::TIMESTAMP WITH TIME ZONE AS anon_5
FROM debited
WHERE debited.customer_id = %(buyer)s::BIGINT ON CONFLICT (customer_id, campaign_id) DO UPDATE SET received = (usage.received + %(received_2)s::BIGINT), period_from = CASE WHEN (usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE) THEN %(usage_period)s::TIMESTAMP WITH TIME ZONE ELSE usage.period_from END, in_period = CASE WHEN (usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE) THEN %(param_7)s::INTEGER ELSE usage.in_period + %(in_period_1)s::BIGINT END WHERE usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE AND %(allowance)s::BIGINT > %(param_8)s::BIGINT OR usage.in_period < %(allowance)s::BIGINT RETURNING usage.received),
limited_0 AS
(INSERT INTO method_usage (chain_id, customer_id, method_id, in_period, period_from) SELECT %(of_chain)s::BIGINT AS anon_2, %(buyer)s::BIGINT AS anon_32, %(method_0)s::BIGINT AS anon_38, %(param_21)s::BIGINT AS anon_39, %(method_usage_period_0)s::TIMESTAMP WITH TIME ZONE AS anon_40
WHERE EXISTS (SELECT %(param_22)s::INTEGER AS anon_41
FROM counted) ON CONFLICT (customer_id, method_id) DO UPDATE SET period_from = CASE WHEN (method_usage.period_from < %(method_usage_period_0)s::TIMESTAMP WITH TIME ZONE) THEN %(method_usage_period_0)s::TIMESTAMP WITH TIME ZONE ELSE method_usage.period_from END, in_period = CASE WHEN (method_usage.period_from < %(method_usage_period_0)s::TIMESTAMP WITH TIME ZONE) THEN %(param_23)s::INTEGER ELSE method_usage.in_period + %(in_period_4)s::BIGINT END WHERE method_usage.period_from < %(method_usage_period_0)s::TIMESTAMP WITH TIME ZONE AND %(method_allowance_0)s::BIGINT > %(param_24)s::BIGINT OR method_usage.in_period < %(method_allowance_0)s::BIGINT RETURNING method_usage.method_id),
recorded AS
(INSERT INTO award (id, chain_id, campaign_id, customer_id, cause, cause_key, cost, given_at, given_by, given_by_token) SELECT %(award)s::UUID AS anon_11, %(of_chain)s::BIGINT AS anon_2, %(campaign)s::BIGINT AS anon_3, %(buyer)s::BIGINT AS anon_32, %(caused_by)s::VARCHAR AS anon_33, %(only_once)s::VARCHAR AS anon_34, %(price)s::BIGINT AS anon_35, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_12, %(asker)s::BIGINT AS anon_10, %(partner)s::BIGINT AS anon_36
WHERE EXISTS (SELECT %(param_20)s::INTEGER AS anon_37
FROM limited_0) RETURNING award.id),
paid AS
(INSERT INTO ledger_entry (chain_id, customer_id, kind, issuer, issued_by, award_id, created_at, locked, uuid, sequence, delta, balance_after, comment) SELECT %(of_chain)s::BIGINT AS anon_2, debited.customer_id AS customer_id, %(param_17)s::VARCHAR AS anon_23, %(by_whom)s::VARCHAR AS anon_24, %(asker)s::BIGINT AS anon_10, %(award)s::UUID AS anon_11, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_12, %(param_18)s::BIGINT AS anon_25, %(entry)s::UUID AS anon_26, debited.entries_count - %(entries_count_3)s::BIGINT AS anon_27, -%(price)s::BIGINT AS anon_28, debited.balance - %(gain)s::BIGINT AS anon_29, %(campaign_name)s::VARCHAR AS anon_30
FROM debited
WHERE EXISTS (SELECT %(param_19)s::INTEGER AS anon_31
FROM recorded) RETURNING ledger_entry.id),
gained_0 AS
(INSERT INTO ledger_entry (chain_id, customer_id, kind, issuer, issued_by, award_id, created_at, locked, uuid, sequence, delta, unlocks_at, expires_at, balance_after, comment, method_id) SELECT %(of_chain)s::BIGINT AS anon_2, debited.customer_id AS customer_id, %(param_15)s::VARCHAR AS anon_8, %(by_whom)s::VARCHAR AS anon_9, %(asker)s::BIGINT AS anon_10, %(award)s::UUID AS anon_11, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_12, %(locked_gain_0)s::BIGINT AS anon_13, %(entry_0)s::UUID AS anon_14, debited.entries_count - %(entries_count_2)s::BIGINT AS anon_15, %(gain_0)s::BIGINT AS anon_16, %(gain_unlocks)s::TIMESTAMP WITH TIME ZONE AS anon_17, %(gain_expires)s::TIMESTAMP WITH TIME ZONE AS anon_18, debited.balance - %(later_gain_0)s::BIGINT AS anon_19, %(campaign_name)s::VARCHAR AS anon_20, %(method_0)s::BIGINT AS anon_21
FROM debited
WHERE EXISTS (SELECT %(param_16)s::INTEGER AS anon_22
FROM paid) RETURNING ledger_entry.id),
told AS
(INSERT INTO outbox (chain_id, subscription_id, kind, subject, request_id, occurred_at, due_at, award_id) SELECT %(of_chain)s::BIGINT AS anon_2, listener.subscription_id AS subscription_id, listener.kind AS kind, %(of_whom)s::VARCHAR AS anon_42, %(in_request)s::VARCHAR AS anon_43, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_12, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon__2, %(award)s::UUID AS anon_11
FROM listener
WHERE listener.chain_id IN (%(of_chain)s::BIGINT, %(chain_id_1)s::BIGINT) AND listener.kind IN ('award.given', 'points.earned', 'points.paid') AND (listener.kind != %(kind_1)s::VARCHAR OR %(price)s::BIGINT > %(param_25)s::BIGINT) AND (EXISTS (SELECT %(param_14)s::INTEGER AS anon_7
FROM gained_0)) RETURNING outbox.id),
tallied_0 AS
(UPDATE method_tally SET given=(method_tally.given + %(given_2)s::BIGINT), period_from=CASE WHEN (method_tally.period_from < %(method_period_0)s::TIMESTAMP WITH TIME ZONE) THEN %(method_period_0)s::TIMESTAMP WITH TIME ZONE ELSE method_tally.period_from END, in_period=CASE WHEN (method_tally.period_from < %(method_period_0)s::TIMESTAMP WITH TIME ZONE) THEN %(param_12)s::INTEGER ELSE method_tally.in_period + %(in_period_3)s::BIGINT END WHERE method_tally.method_id = %(method_0)s::BIGINT AND method_tally.given < method_tally.allowed AND (method_tally.period_from < %(method_period_0)s::TIMESTAMP WITH TIME ZONE AND %(method_most_0)s::BIGINT > %(param_13)s::BIGINT OR method_tally.in_period < %(method_most_0)s::BIGINT) AND (EXISTS (SELECT %(param_14)s::INTEGER AS anon_7
FROM gained_0)) AND (SELECT count(*) AS count_2
FROM told) >= %(param_26)s::INTEGER RETURNING method_tally.given),
given AS
(UPDATE stock SET given=(stock.given + %(given_1)s::BIGINT), customers_count=(stock.customers_count + (SELECT CASE WHEN (counted.received = %(received_1)s::BIGINT) THEN %(param_2)s::INTEGER ELSE %(param_3)s::INTEGER END AS anon_1
FROM counted)), period_from=CASE WHEN (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE) THEN %(stock_period)s::TIMESTAMP WITH TIME ZONE ELSE stock.period_from END, in_period=CASE WHEN (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE) THEN %(param_9)s::INTEGER ELSE stock.in_period + %(in_period_2)s::BIGINT END WHERE stock.campaign_id = %(campaign)s::BIGINT AND stock.given < stock.allowed AND (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE AND %(stock_most)s::BIGINT > %(param_10)s::BIGINT OR stock.in_period < %(stock_most)s::BIGINT) AND stock.revision = %(revision_seen)s::BIGINT AND (EXISTS (SELECT %(param_11)s::INTEGER AS anon_6
FROM tallied_0)) RETURNING stock.given)
 SELECT %(param_1)s::INTEGER / (SELECT count(*) AS count_1
FROM given) AS whole;

-- points, limited per customer: SQLite, one by one
UPDATE account SET balance=((account.balance - ?) + ?), entries_count=(account.entries_count + ?), locked=(account.locked + ?), due_at=CASE WHEN (account.due_at IS NULL OR account.due_at > ?) THEN ? ELSE account.due_at END WHERE account.customer_id = ? AND (? = ? OR account.balance >= ?) AND (account.due_at IS NULL OR account.due_at > ?) AND account.closed IS 0 AND (account.balance - ?) + ? + account.locked + ? <= ? RETURNING customer_id, balance, entries_count;
INSERT INTO usage (chain_id, customer_id, campaign_id, received, in_period, period_from) SELECT ? AS anon_1, debited.customer_id, ? AS anon_2, ? AS anon_3, ? AS anon__1, ? AS anon_4
FROM (SELECT account.customer_id AS customer_id, account.balance AS balance, account.entries_count AS entries_count, account.locked AS locked, account.due_at AS due_at, account.settled_count AS settled_count, account.owed AS owed, account.closed AS closed, account.chain_id AS chain_id
FROM account
WHERE account.customer_id = ?) AS debited
WHERE debited.customer_id = ? ON CONFLICT (customer_id, campaign_id) DO UPDATE SET received = (usage.received + ?), period_from = CASE WHEN (usage.period_from < ?) THEN ? ELSE usage.period_from END, in_period = CASE WHEN (usage.period_from < ?) THEN ? ELSE usage.in_period + ? END WHERE usage.period_from < ? AND ? > ? OR usage.in_period < ? RETURNING received;
INSERT INTO method_usage (chain_id, customer_id, method_id, in_period, period_from) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5
WHERE 1 = 1 ON CONFLICT (customer_id, method_id) DO UPDATE SET period_from = CASE WHEN (method_usage.period_from < ?) THEN ? ELSE method_usage.period_from END, in_period = CASE WHEN (method_usage.period_from < ?) THEN ? ELSE method_usage.in_period + ? END WHERE method_usage.period_from < ? AND ? > ? OR method_usage.in_period < ? RETURNING method_id;
INSERT INTO award (id, chain_id, campaign_id, customer_id, cause, cause_key, cost, given_at, given_by, given_by_token) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, ? AS anon_9, ? AS anon_10
WHERE 1 = 1 RETURNING id;
INSERT INTO ledger_entry (chain_id, customer_id, kind, issuer, issued_by, award_id, created_at, locked, uuid, sequence, delta, balance_after, comment) SELECT ? AS anon_1, debited.customer_id, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, debited.entries_count - ? AS anon_9, -? AS anon_10, debited.balance - ? AS anon_11, ? AS anon_12
FROM (SELECT account.customer_id AS customer_id, account.balance AS balance, account.entries_count AS entries_count, account.locked AS locked, account.due_at AS due_at, account.settled_count AS settled_count, account.owed AS owed, account.closed AS closed, account.chain_id AS chain_id
FROM account
WHERE account.customer_id = ?) AS debited
WHERE 1 = 1 RETURNING id;
INSERT INTO ledger_entry (chain_id, customer_id, kind, issuer, issued_by, award_id, created_at, locked, uuid, sequence, delta, unlocks_at, expires_at, balance_after, comment, method_id) SELECT ? AS anon_1, debited.customer_id, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, debited.entries_count - ? AS anon_9, ? AS anon_10, ? AS anon_11, ? AS anon_12, debited.balance - ? AS anon_13, ? AS anon_14, ? AS anon_15
FROM (SELECT account.customer_id AS customer_id, account.balance AS balance, account.entries_count AS entries_count, account.locked AS locked, account.due_at AS due_at, account.settled_count AS settled_count, account.owed AS owed, account.closed AS closed, account.chain_id AS chain_id
FROM account
WHERE account.customer_id = ?) AS debited
WHERE 1 = 1 RETURNING id;
INSERT INTO outbox (chain_id, subscription_id, kind, subject, request_id, occurred_at, due_at, award_id) SELECT ? AS anon_1, listener.subscription_id, listener.kind, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon__1, ? AS anon_5
FROM listener
WHERE listener.chain_id IN (?, ?) AND listener.kind IN ('award.given', 'points.earned', 'points.paid') AND (listener.kind != ? OR ? > ?) RETURNING id;
UPDATE method_tally SET given=(method_tally.given + ?), period_from=CASE WHEN (method_tally.period_from < ?) THEN ? ELSE method_tally.period_from END, in_period=CASE WHEN (method_tally.period_from < ?) THEN ? ELSE method_tally.in_period + ? END WHERE method_tally.method_id = ? AND method_tally.given < method_tally.allowed AND (method_tally.period_from < ? AND ? > ? OR method_tally.in_period < ?) RETURNING given;
UPDATE stock SET given=(stock.given + ?), customers_count=(stock.customers_count + (SELECT CASE WHEN (counted.received = ?) THEN ? ELSE ? END AS anon_1
FROM (SELECT usage.customer_id AS customer_id, usage.campaign_id AS campaign_id, usage.received AS received, usage.period_from AS period_from, usage.in_period AS in_period, usage.chain_id AS chain_id
FROM usage
WHERE usage.customer_id = ? AND usage.campaign_id = ?) AS counted)), period_from=CASE WHEN (stock.period_from < ?) THEN ? ELSE stock.period_from END, in_period=CASE WHEN (stock.period_from < ?) THEN ? ELSE stock.in_period + ? END WHERE stock.campaign_id = ? AND stock.given < stock.allowed AND (stock.period_from < ? AND ? > ? OR stock.in_period < ?) AND stock.revision = ? RETURNING given;

-- a voucher, drawn by lot: PostgreSQL, one statement
WITH debited AS
(UPDATE account SET balance=(account.balance - %(price)s::BIGINT), entries_count=(account.entries_count + %(entries_count_1)s::BIGINT) WHERE account.customer_id = %(buyer)s::BIGINT AND (%(price)s::BIGINT = %(param_5)s::BIGINT OR account.balance >= %(price)s::BIGINT) AND (account.due_at IS NULL OR account.due_at > %(moment)s::TIMESTAMP WITH TIME ZONE) AND account.closed IS false RETURNING account.customer_id, account.balance, account.entries_count),
counted AS
(INSERT INTO usage (chain_id, customer_id, campaign_id, received, in_period, period_from) SELECT %(of_chain)s::BIGINT AS anon_2, debited.customer_id AS customer_id, %(campaign)s::BIGINT AS anon_3, %(param_4)s::BIGINT AS anon_4, %(param_4)s::BIGINT AS anon__1, %(usage_period)s::TIMESTAMP WITH TIME ZONE AS anon_5
FROM debited
WHERE debited.customer_id = %(buyer)s::BIGINT ON CONFLICT (customer_id, campaign_id) DO UPDATE SET received = (usage.received + %(received_2)s::BIGINT), period_from = CASE WHEN (usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE) THEN %(usage_period)s::TIMESTAMP WITH TIME ZONE ELSE usage.period_from END, in_period = CASE WHEN (usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE) THEN %(param_6)s::INTEGER ELSE usage.in_period + %(in_period_1)s::BIGINT END WHERE usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE AND %(allowance)s::BIGINT > %(param_7)s::BIGINT OR usage.in_period < %(allowance)s::BIGINT RETURNING usage.received),
recorded AS
(INSERT INTO award (id, chain_id, campaign_id, customer_id, cause, cause_key, cost, given_at, given_by, given_by_token) SELECT %(award)s::UUID AS anon_11, %(of_chain)s::BIGINT AS anon_2, %(campaign)s::BIGINT AS anon_3, %(buyer)s::BIGINT AS anon_10, %(caused_by)s::VARCHAR AS anon_40, %(only_once)s::VARCHAR AS anon_41, %(price)s::BIGINT AS anon_42, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_14, %(asker)s::BIGINT AS anon_27, %(partner)s::BIGINT AS anon_43
WHERE EXISTS (SELECT %(param_21)s::INTEGER AS anon_44
FROM counted) RETURNING award.id),
drawn AS
(INSERT INTO draw (award_id, chain_id, campaign_id, customer_id, number, candidates, revision, ticket, method_id) SELECT %(award)s::UUID AS anon_11, %(of_chain)s::BIGINT AS anon_2, %(campaign)s::BIGINT AS anon_3, %(buyer)s::BIGINT AS anon_10, %(draw_number)s::BIGINT AS anon_34, %(draw_candidates)s::JSON AS anon_35, %(revision_seen)s::BIGINT AS anon_36, %(draw_ticket)s::VARCHAR AS anon_37, %(method_0)s::BIGINT AS anon_38
FROM counted
WHERE counted.received = %(draw_number)s::BIGINT AND (EXISTS (SELECT %(param_20)s::INTEGER AS anon_39
FROM recorded)) RETURNING draw.award_id),
paid AS
(INSERT INTO ledger_entry (chain_id, customer_id, kind, issuer, issued_by, award_id, created_at, locked, uuid, sequence, delta, balance_after, comment) SELECT %(of_chain)s::BIGINT AS anon_2, debited.customer_id AS customer_id, %(param_17)s::VARCHAR AS anon_25, %(by_whom)s::VARCHAR AS anon_26, %(asker)s::BIGINT AS anon_27, %(award)s::UUID AS anon_11, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_14, %(param_18)s::BIGINT AS anon_28, %(entry)s::UUID AS anon_29, debited.entries_count - %(entries_count_2)s::BIGINT AS anon_30, -%(price)s::BIGINT AS anon_31, debited.balance AS balance, %(campaign_name)s::VARCHAR AS anon_32
FROM debited
WHERE EXISTS (SELECT %(param_19)s::INTEGER AS anon_33
FROM drawn) RETURNING ledger_entry.id),
held_0 AS
(INSERT INTO voucher (key, third_party_id, chain_id, campaign_id, customer_id, award_id, redeemed, superseded, created_at, method_id, kind, code, status, claimed_at, amount, hundredths_of_percent, text, expires_at) SELECT %(voucher_key_0)s::VARCHAR AS anon_8, %(third_party_0)s::BIGINT AS anon_9, %(of_chain)s::BIGINT AS anon_2, %(campaign)s::BIGINT AS anon_3, %(buyer)s::BIGINT AS anon_10, %(award)s::UUID AS anon_11, %(param_14)s::BIGINT AS anon_12, %(param_15)s AS anon_13, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_14, %(method_0)s::BIGINT AS anon_15, %(voucher_kind_0)s::VARCHAR AS anon_16, %(voucher_code_0)s::VARCHAR AS anon_17, %(voucher_status_0)s::VARCHAR AS anon_18, %(voucher_claimed_0)s::TIMESTAMP WITH TIME ZONE AS anon_19, %(voucher_amount_0)s::BIGINT AS anon_20, %(voucher_percent_0)s::BIGINT AS anon_21, %(voucher_text_0)s::VARCHAR AS anon_22, %(voucher_expires_0)s::TIMESTAMP WITH TIME ZONE AS anon_23
WHERE EXISTS (SELECT %(param_16)s::INTEGER AS anon_24
FROM paid) RETURNING voucher.id),
told AS
(INSERT INTO outbox (chain_id, subscription_id, kind, subject, request_id, occurred_at, due_at, award_id) SELECT %(of_chain)s::BIGINT AS anon_2, listener.subscription_id AS subscription_id, listener.kind AS kind, %(of_whom)s::VARCHAR AS anon_45, %(in_request)s::VARCHAR AS anon_46, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_14, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon__2, %(award)s::UUID AS anon_11
FROM listener
WHERE listener.chain_id IN (%(of_chain)s::BIGINT, %(chain_id_1)s::BIGINT) AND listener.kind IN ('award.given', 'draw.made', 'voucher.issued', 'points.paid') AND (listener.kind != %(kind_1)s::VARCHAR OR %(price)s::BIGINT > %(param_22)s::BIGINT) AND (EXISTS (SELECT %(param_13)s::INTEGER AS anon_7
FROM held_0)) RETURNING outbox.id),
tallied_0 AS
(UPDATE method_tally SET given=(method_tally.given + %(given_2)s::BIGINT), period_from=CASE WHEN (method_tally.period_from < %(method_period_0)s::TIMESTAMP WITH TIME ZONE) THEN %(method_period_0)s::TIMESTAMP WITH TIME ZONE ELSE method_tally.period_from END, in_period=CASE WHEN (method_tally.period_from < %(method_period_0)s::TIMESTAMP WITH TIME ZONE) THEN %(param_11)s::INTEGER ELSE method_tally.in_period + %(in_period_3)s::BIGINT END WHERE method_tally.method_id = %(method_0)s::BIGINT AND method_tally.given < method_tally.allowed AND (method_tally.period_from < %(method_period_0)s::TIMESTAMP WITH TIME ZONE AND %(method_most_0)s::BIGINT > %(param_12)s::BIGINT OR method_tally.in_period < %(method_most_0)s::BIGINT) AND (EXISTS (SELECT %(param_13)s::INTEGER AS anon_7
FROM held_0)) AND (SELECT count(*) AS count_2
FROM told) >= %(param_23)s::INTEGER RETURNING method_tally.given),
given AS
(UPDATE stock SET given=(stock.given + %(given_1)s::BIGINT), customers_count=(stock.customers_count + (SELECT CASE WHEN (counted.received = %(received_1)s::BIGINT) THEN %(param_2)s::INTEGER ELSE %(param_3)s::INTEGER END AS anon_1
FROM counted)), period_from=CASE WHEN (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE) THEN %(stock_period)s::TIMESTAMP WITH TIME ZONE ELSE stock.period_from END, in_period=CASE WHEN (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE) THEN %(param_8)s::INTEGER ELSE stock.in_period + %(in_period_2)s::BIGINT END WHERE stock.campaign_id = %(campaign)s::BIGINT AND stock.given < stock.allowed AND (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE AND %(stock_most)s::BIGINT > %(param_9)s::BIGINT OR stock.in_period < %(stock_most)s::BIGINT) AND stock.revision = %(revision_seen)s::BIGINT AND (EXISTS (SELECT %(param_10)s::INTEGER AS anon_6
FROM tallied_0)) RETURNING stock.given)
 SELECT %(param_1)s::INTEGER / (SELECT count(*) AS count_1
FROM given) AS whole;

-- a voucher, drawn by lot: SQLite, one by one
UPDATE account SET balance=(account.balance - ?), entries_count=(account.entries_count + ?) WHERE account.customer_id = ? AND (? = ? OR account.balance >= ?) AND (account.due_at IS NULL OR account.due_at > ?) AND account.closed IS 0 RETURNING customer_id, balance, entries_count;
INSERT INTO usage (chain_id, customer_id, campaign_id, received, in_period, period_from) SELECT ? AS anon_1, debited.customer_id, ? AS anon_2, ? AS anon_3, ? AS anon__1, ? AS anon_4
FROM (SELECT account.customer_id AS customer_id, account.balance AS balance, account.entries_count AS entries_count, account.locked AS locked, account.due_at AS due_at, account.settled_count AS settled_count, account.owed AS owed, account.closed AS closed, account.chain_id AS chain_id
FROM account
WHERE account.customer_id = ?) AS debited
WHERE debited.customer_id = ? ON CONFLICT (customer_id, campaign_id) DO UPDATE SET received = (usage.received + ?), period_from = CASE WHEN (usage.period_from < ?) THEN ? ELSE usage.period_from END, in_period = CASE WHEN (usage.period_from < ?) THEN ? ELSE usage.in_period + ? END WHERE usage.period_from < ? AND ? > ? OR usage.in_period < ? RETURNING received;
INSERT INTO award (id, chain_id, campaign_id, customer_id, cause, cause_key, cost, given_at, given_by, given_by_token) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, ? AS anon_9, ? AS anon_10
WHERE 1 = 1 RETURNING id;
INSERT INTO draw (award_id, chain_id, campaign_id, customer_id, number, candidates, revision, ticket, method_id) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, ? AS anon_9
FROM (SELECT usage.customer_id AS customer_id, usage.campaign_id AS campaign_id, usage.received AS received, usage.period_from AS period_from, usage.in_period AS in_period, usage.chain_id AS chain_id
FROM usage
WHERE usage.customer_id = ? AND usage.campaign_id = ?) AS counted
WHERE counted.received = ? RETURNING award_id;
INSERT INTO ledger_entry (chain_id, customer_id, kind, issuer, issued_by, award_id, created_at, locked, uuid, sequence, delta, balance_after, comment) SELECT ? AS anon_1, debited.customer_id, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, debited.entries_count - ? AS anon_9, -? AS anon_10, debited.balance, ? AS anon_11
FROM (SELECT account.customer_id AS customer_id, account.balance AS balance, account.entries_count AS entries_count, account.locked AS locked, account.due_at AS due_at, account.settled_count AS settled_count, account.owed AS owed, account.closed AS closed, account.chain_id AS chain_id
FROM account
WHERE account.customer_id = ?) AS debited
WHERE 1 = 1 RETURNING id;
INSERT INTO voucher ("key", third_party_id, chain_id, campaign_id, customer_id, award_id, redeemed, superseded, created_at, method_id, kind, code, status, claimed_at, amount, hundredths_of_percent, text, expires_at) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, ? AS anon_9, ? AS anon_10, ? AS anon_11, ? AS anon_12, ? AS anon_13, ? AS anon_14, ? AS anon_15, ? AS anon_16, ? AS anon_17, ? AS anon_18
WHERE 1 = 1 RETURNING id;
INSERT INTO outbox (chain_id, subscription_id, kind, subject, request_id, occurred_at, due_at, award_id) SELECT ? AS anon_1, listener.subscription_id, listener.kind, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon__1, ? AS anon_5
FROM listener
WHERE listener.chain_id IN (?, ?) AND listener.kind IN ('award.given', 'draw.made', 'voucher.issued', 'points.paid') AND (listener.kind != ? OR ? > ?) RETURNING id;
UPDATE method_tally SET given=(method_tally.given + ?), period_from=CASE WHEN (method_tally.period_from < ?) THEN ? ELSE method_tally.period_from END, in_period=CASE WHEN (method_tally.period_from < ?) THEN ? ELSE method_tally.in_period + ? END WHERE method_tally.method_id = ? AND method_tally.given < method_tally.allowed AND (method_tally.period_from < ? AND ? > ? OR method_tally.in_period < ?) RETURNING given;
UPDATE stock SET given=(stock.given + ?), customers_count=(stock.customers_count + (SELECT CASE WHEN (counted.received = ?) THEN ? ELSE ? END AS anon_1
FROM (SELECT usage.customer_id AS customer_id, usage.campaign_id AS campaign_id, usage.received AS received, usage.period_from AS period_from, usage.in_period AS in_period, usage.chain_id AS chain_id
FROM usage
WHERE usage.customer_id = ? AND usage.campaign_id = ?) AS counted)), period_from=CASE WHEN (stock.period_from < ?) THEN ? ELSE stock.period_from END, in_period=CASE WHEN (stock.period_from < ?) THEN ? ELSE stock.in_period + ? END WHERE stock.campaign_id = ? AND stock.given < stock.allowed AND (stock.period_from < ? AND ? > ? OR stock.in_period < ?) AND stock.revision = ? RETURNING given;

-- points and a voucher, earned by an event: PostgreSQL, one statement
WITH debited AS
(UPDATE account SET balance=((account.balance - %(price)s::BIGINT) + %(gain)s::BIGINT), entries_count=(account.entries_count + %(entries_count_1)s::BIGINT), locked=(account.locked + %(locked_gain)s::BIGINT), due_at=CASE WHEN (account.due_at IS NULL OR account.due_at > %(gain_due)s::TIMESTAMP WITH TIME ZONE) THEN %(gain_due)s::TIMESTAMP WITH TIME ZONE ELSE account.due_at END WHERE account.customer_id = %(buyer)s::BIGINT AND (%(price)s::BIGINT = %(param_5)s::BIGINT OR account.balance >= %(price)s::BIGINT) AND (account.due_at IS NULL OR account.due_at > %(moment)s::TIMESTAMP WITH TIME ZONE) AND account.closed IS false AND (account.balance - %(price)s::BIGINT) + %(gain)s::BIGINT + account.locked + %(locked_gain)s::BIGINT <= %(param_6)s::BIGINT RETURNING account.customer_id, account.balance, account.entries_count),
moved AS
(INSERT INTO behavior_progress (chain_id, customer_id, behavior_id, version, achieved, current, counts) SELECT %(of_chain)s::BIGINT AS anon_7, %(teller)s::BIGINT AS anon_8, r.b AS b, r.v AS v, r.a AS a, r.n AS n, r.c AS c
FROM json_to_recordset(%(progress)s::JSON) AS r(b BIGINT, v BIGINT, a BIGINT, n BIGINT, c JSON)
WHERE EXISTS (SELECT %(param_8)s::INTEGER AS anon_18
FROM debited) ON CONFLICT (customer_id, behavior_id) DO UPDATE SET version = excluded.version, achieved = excluded.achieved, current = excluded.current, counts = excluded.counts WHERE behavior_progress.version = excluded.version - %(version_1)s::BIGINT RETURNING behavior_progress.behavior_id),
receipt AS
(INSERT INTO event_receipt (chain_id, customer_id, name, transaction_id, quantity, occurred_at, recorded_at, recorded_by_token, campaign_id, context, outcome) SELECT %(of_chain)s::BIGINT AS anon_7, %(teller)s::BIGINT AS anon_8, %(event)s::VARCHAR AS anon_9, %(transaction)s::VARCHAR AS anon_10, %(times)s::BIGINT AS anon_11, %(happened)s::TIMESTAMP WITH TIME ZONE AS anon_12, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_13, %(partner)s::BIGINT AS anon_14, %(only)s::BIGINT AS anon_15, %(details)s::JSON AS anon_16, %(became)s::JSON AS anon_17
WHERE (SELECT count(*) AS count_2
FROM moved) = %(moved_count)s::BIGINT ON CONFLICT DO NOTHING RETURNING event_receipt.customer_id),
counted AS
(INSERT INTO usage (chain_id, customer_id, campaign_id, received, in_period, period_from) SELECT %(of_chain)s::BIGINT AS anon_2, debited.customer_id AS customer_id, %(campaign)s::BIGINT AS anon_3, %(param_4)s::BIGINT AS anon_4, %(param_4)s::BIGINT AS anon__1, %(usage_period)s::TIMESTAMP WITH TIME ZONE AS anon_5
FROM debited
WHERE debited.customer_id = %(buyer)s::BIGINT AND (EXISTS (SELECT %(param_7)s::INTEGER AS anon_6
FROM receipt)) ON CONFLICT (customer_id, campaign_id) DO UPDATE SET received = (usage.received + %(received_2)s::BIGINT), period_from = CASE WHEN (usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE) THEN %(usage_period)s::TIMESTAMP WITH TIME ZONE ELSE usage.period_from END, in_period = CASE WHEN (usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE) THEN %(param_9)s::INTEGER ELSE usage.in_period + %(in_period_1)s::BIGINT END WHERE usage.period_from < %(usage_period)s::TIMESTAMP WITH TIME ZONE AND %(allowance)s::BIGINT > %(param_10)s::BIGINT OR usage.in_period < %(allowance)s::BIGINT RETURNING usage.received),
recorded AS
(INSERT INTO award (id, chain_id, campaign_id, customer_id, cause, cause_key, cost, given_at, given_by, given_by_token) SELECT %(award)s::UUID AS anon_25, %(of_chain)s::BIGINT AS anon_2, %(campaign)s::BIGINT AS anon_3, %(buyer)s::BIGINT AS anon_24, %(caused_by)s::VARCHAR AS anon_61, %(only_once)s::VARCHAR AS anon_62, %(price)s::BIGINT AS anon_63, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_28, %(asker)s::BIGINT AS anon_41, %(partner)s::BIGINT AS anon_64
WHERE EXISTS (SELECT %(param_28)s::INTEGER AS anon_65
FROM counted) RETURNING award.id),
paid AS
(INSERT INTO ledger_entry (chain_id, customer_id, kind, issuer, issued_by, award_id, created_at, locked, uuid, sequence, delta, balance_after, comment) SELECT %(of_chain)s::BIGINT AS anon_2, debited.customer_id AS customer_id, %(param_25)s::VARCHAR AS anon_52, %(by_whom)s::VARCHAR AS anon_53, %(asker)s::BIGINT AS anon_41, %(award)s::UUID AS anon_25, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_28, %(param_26)s::BIGINT AS anon_54, %(entry)s::UUID AS anon_55, debited.entries_count - %(entries_count_3)s::BIGINT AS anon_56, -%(price)s::BIGINT AS anon_57, debited.balance - %(gain)s::BIGINT AS anon_58, %(campaign_name)s::VARCHAR AS anon_59
FROM debited
WHERE EXISTS (SELECT %(param_27)s::INTEGER AS anon_60
FROM recorded) RETURNING ledger_entry.id),
gained_0 AS
(INSERT INTO ledger_entry (chain_id, customer_id, kind, issuer, issued_by, award_id, created_at, locked, uuid, sequence, delta, unlocks_at, expires_at, balance_after, comment, method_id) SELECT %(of_chain)s::BIGINT AS anon_2, debited.customer_id AS customer_id, %(param_23)s::VARCHAR AS anon_39, %(by_whom)s::VARCHAR AS anon_40, %(asker)s::BIGINT AS anon_41, %(award)s::UUID AS anon_25, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_28, %(locked_gain_0)s::BIGINT AS anon_42, %(entry_0)s::UUID AS anon_43, debited.entries_count - %(entries_count_2)s::BIGINT AS anon_44, %(gain_0)s::BIGINT AS anon_45, %(gain_unlocks)s::TIMESTAMP WITH TIME ZONE AS anon_46, %(gain_expires)s::TIMESTAMP WITH TIME ZONE AS anon_47, debited.balance - %(later_gain_0)s::BIGINT AS anon_48, %(campaign_name)s::VARCHAR AS anon_49, %(method_0)s::BIGINT AS anon_50
FROM debited
WHERE EXISTS (SELECT %(param_24)s::INTEGER AS anon_51
FROM paid) RETURNING ledger_entry.id),
held_1 AS
(INSERT INTO voucher (key, third_party_id, chain_id, campaign_id, customer_id, award_id, redeemed, superseded, created_at, method_id, kind, code, status, claimed_at, amount, hundredths_of_percent, text, expires_at) SELECT %(voucher_key_1)s::VARCHAR AS anon_22, %(third_party_1)s::BIGINT AS anon_23, %(of_chain)s::BIGINT AS anon_2, %(campaign)s::BIGINT AS anon_3, %(buyer)s::BIGINT AS anon_24, %(award)s::UUID AS anon_25, %(param_20)s::BIGINT AS anon_26, %(param_21)s AS anon_27, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_28, %(method_1)s::BIGINT AS anon_29, %(voucher_kind_1)s::VARCHAR AS anon_30, %(voucher_code_1)s::VARCHAR AS anon_31, %(voucher_status_1)s::VARCHAR AS anon_32, %(voucher_claimed_1)s::TIMESTAMP WITH TIME ZONE AS anon_33, %(voucher_amount_1)s::BIGINT AS anon_34, %(voucher_percent_1)s::BIGINT AS anon_35, %(voucher_text_1)s::VARCHAR AS anon_36, %(voucher_expires_1)s::TIMESTAMP WITH TIME ZONE AS anon_37
WHERE EXISTS (SELECT %(param_22)s::INTEGER AS anon_38
FROM gained_0) RETURNING voucher.id),
told AS
(INSERT INTO outbox (chain_id, subscription_id, kind, subject, request_id, occurred_at, due_at, award_id) SELECT %(of_chain)s::BIGINT AS anon_2, listener.subscription_id AS subscription_id, listener.kind AS kind, %(of_whom)s::VARCHAR AS anon_66, %(in_request)s::VARCHAR AS anon_67, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon_28, %(moment)s::TIMESTAMP WITH TIME ZONE AS anon__2, %(award)s::UUID AS anon_25
FROM listener
WHERE listener.chain_id IN (%(of_chain)s::BIGINT, %(chain_id_1)s::BIGINT) AND listener.kind IN ('award.given', 'voucher.issued', 'points.earned', 'points.paid') AND (listener.kind != %(kind_1)s::VARCHAR OR %(price)s::BIGINT > %(param_29)s::BIGINT) AND (EXISTS (SELECT %(param_19)s::INTEGER AS anon_21
FROM held_1)) RETURNING outbox.id),
tallied_0 AS
(UPDATE method_tally SET given=(method_tally.given + %(given_3)s::BIGINT), period_from=CASE WHEN (method_tally.period_from < %(method_period_0)s::TIMESTAMP WITH TIME ZONE) THEN %(method_period_0)s::TIMESTAMP WITH TIME ZONE ELSE method_tally.period_from END, in_period=CASE WHEN (method_tally.period_from < %(method_period_0)s::TIMESTAMP WITH TIME ZONE) THEN %(param_17)s::INTEGER ELSE method_tally.in_period + %(in_period_4)s::BIGINT END WHERE method_tally.method_id = %(method_0)s::BIGINT AND method_tally.given < method_tally.allowed AND (method_tally.period_from < %(method_period_0)s::TIMESTAMP WITH TIME ZONE AND %(method_most_0)s::BIGINT > %(param_18)s::BIGINT OR method_tally.in_period < %(method_most_0)s::BIGINT) AND (EXISTS (SELECT %(param_19)s::INTEGER AS anon_21
FROM held_1)) AND (SELECT count(*) AS count_3
FROM told) >= %(param_30)s::INTEGER RETURNING method_tally.given),
tallied_1 AS
(UPDATE method_tally SET given=(method_tally.given + %(given_2)s::BIGINT), period_from=CASE WHEN (method_tally.period_from < %(method_period_1)s::TIMESTAMP WITH TIME ZONE) THEN %(method_period_1)s::TIMESTAMP WITH TIME ZONE ELSE method_tally.period_from END, in_period=CASE WHEN (method_tally.period_from < %(method_period_1)s::TIMESTAMP WITH TIME ZONE) THEN %(param_14)s::INTEGER ELSE method_tally.in_period + %(in_period_3)s::BIGINT END WHERE method_tally.method_id = %(method_1)s::BIGINT AND method_tally.given < method_tally.allowed AND (method_tally.period_from < %(method_period_1)s::TIMESTAMP WITH TIME ZONE AND %(method_most_1)s::BIGINT > %(param_15)s::BIGINT OR method_tally.in_period < %(method_most_1)s::BIGINT) AND (EXISTS (SELECT %(param_16)s::INTEGER AS anon_20
FROM tallied_0)) RETURNING method_tally.given),
given AS
(UPDATE stock SET given=(stock.given + %(given_1)s::BIGINT), customers_count=(stock.customers_count + (SELECT CASE WHEN (counted.received = %(received_1)s::BIGINT) THEN %(param_2)s::INTEGER ELSE %(param_3)s::INTEGER END AS anon_1
FROM counted)), period_from=CASE WHEN (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE) THEN %(stock_period)s::TIMESTAMP WITH TIME ZONE ELSE stock.period_from END, in_period=CASE WHEN (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE) THEN %(param_11)s::INTEGER ELSE stock.in_period + %(in_period_2)s::BIGINT END WHERE stock.campaign_id = %(campaign)s::BIGINT AND stock.given < stock.allowed AND (stock.period_from < %(stock_period)s::TIMESTAMP WITH TIME ZONE AND %(stock_most)s::BIGINT > %(param_12)s::BIGINT OR stock.in_period < %(stock_most)s::BIGINT) AND stock.revision = %(revision_seen)s::BIGINT AND (EXISTS (SELECT %(param_13)s::INTEGER AS anon_19
FROM tallied_1)) RETURNING stock.given)
 SELECT %(param_1)s::INTEGER / (SELECT count(*) AS count_1
FROM given) AS whole;

-- points and a voucher, earned by an event: SQLite, one by one
UPDATE account SET balance=((account.balance - ?) + ?), entries_count=(account.entries_count + ?), locked=(account.locked + ?), due_at=CASE WHEN (account.due_at IS NULL OR account.due_at > ?) THEN ? ELSE account.due_at END WHERE account.customer_id = ? AND (? = ? OR account.balance >= ?) AND (account.due_at IS NULL OR account.due_at > ?) AND account.closed IS 0 AND (account.balance - ?) + ? + account.locked + ? <= ? RETURNING customer_id, balance, entries_count;
INSERT INTO behavior_progress (chain_id, customer_id, behavior_id, version, achieved, current, counts) SELECT ? AS anon_1, ? AS anon_2, json_extract(r.value, ?) AS json_extract_1, json_extract(r.value, ?) AS json_extract_3, json_extract(r.value, ?) AS json_extract_5, json_extract(r.value, ?) AS json_extract_7, json_extract(r.value, ?) AS json_extract_9
FROM json_each(?) AS r
WHERE 1 = 1 ON CONFLICT (customer_id, behavior_id) DO UPDATE SET version = excluded.version, achieved = excluded.achieved, current = excluded.current, counts = excluded.counts WHERE behavior_progress.version = excluded.version - ? RETURNING behavior_id;
INSERT INTO event_receipt (chain_id, customer_id, name, transaction_id, quantity, occurred_at, recorded_at, recorded_by_token, campaign_id, context, outcome) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, ? AS anon_9, ? AS anon_10, ? AS anon_11
WHERE 1 = 1 ON CONFLICT DO NOTHING RETURNING customer_id;
INSERT INTO usage (chain_id, customer_id, campaign_id, received, in_period, period_from) SELECT ? AS anon_1, debited.customer_id, ? AS anon_2, ? AS anon_3, ? AS anon__1, ? AS anon_4
FROM (SELECT account.customer_id AS customer_id, account.balance AS balance, account.entries_count AS entries_count, account.locked AS locked, account.due_at AS due_at, account.settled_count AS settled_count, account.owed AS owed, account.closed AS closed, account.chain_id AS chain_id
FROM account
WHERE account.customer_id = ?) AS debited
WHERE debited.customer_id = ? ON CONFLICT (customer_id, campaign_id) DO UPDATE SET received = (usage.received + ?), period_from = CASE WHEN (usage.period_from < ?) THEN ? ELSE usage.period_from END, in_period = CASE WHEN (usage.period_from < ?) THEN ? ELSE usage.in_period + ? END WHERE usage.period_from < ? AND ? > ? OR usage.in_period < ? RETURNING received;
INSERT INTO award (id, chain_id, campaign_id, customer_id, cause, cause_key, cost, given_at, given_by, given_by_token) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, ? AS anon_9, ? AS anon_10
WHERE 1 = 1 RETURNING id;
INSERT INTO ledger_entry (chain_id, customer_id, kind, issuer, issued_by, award_id, created_at, locked, uuid, sequence, delta, balance_after, comment) SELECT ? AS anon_1, debited.customer_id, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, debited.entries_count - ? AS anon_9, -? AS anon_10, debited.balance - ? AS anon_11, ? AS anon_12
FROM (SELECT account.customer_id AS customer_id, account.balance AS balance, account.entries_count AS entries_count, account.locked AS locked, account.due_at AS due_at, account.settled_count AS settled_count, account.owed AS owed, account.closed AS closed, account.chain_id AS chain_id
FROM account
WHERE account.customer_id = ?) AS debited
WHERE 1 = 1 RETURNING id;
INSERT INTO ledger_entry (chain_id, customer_id, kind, issuer, issued_by, award_id, created_at, locked, uuid, sequence, delta, unlocks_at, expires_at, balance_after, comment, method_id) SELECT ? AS anon_1, debited.customer_id, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, debited.entries_count - ? AS anon_9, ? AS anon_10, ? AS anon_11, ? AS anon_12, debited.balance - ? AS anon_13, ? AS anon_14, ? AS anon_15
FROM (SELECT account.customer_id AS customer_id, account.balance AS balance, account.entries_count AS entries_count, account.locked AS locked, account.due_at AS due_at, account.settled_count AS settled_count, account.owed AS owed, account.closed AS closed, account.chain_id AS chain_id
FROM account
WHERE account.customer_id = ?) AS debited
WHERE 1 = 1 RETURNING id;
INSERT INTO voucher ("key", third_party_id, chain_id, campaign_id, customer_id, award_id, redeemed, superseded, created_at, method_id, kind, code, status, claimed_at, amount, hundredths_of_percent, text, expires_at) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, ? AS anon_6, ? AS anon_7, ? AS anon_8, ? AS anon_9, ? AS anon_10, ? AS anon_11, ? AS anon_12, ? AS anon_13, ? AS anon_14, ? AS anon_15, ? AS anon_16, ? AS anon_17, ? AS anon_18
WHERE 1 = 1 RETURNING id;
INSERT INTO outbox (chain_id, subscription_id, kind, subject, request_id, occurred_at, due_at, award_id) SELECT ? AS anon_1, listener.subscription_id, listener.kind, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon__1, ? AS anon_5
FROM listener
WHERE listener.chain_id IN (?, ?) AND listener.kind IN ('award.given', 'voucher.issued', 'points.earned', 'points.paid') AND (listener.kind != ? OR ? > ?) RETURNING id;
UPDATE method_tally SET given=(method_tally.given + ?), period_from=CASE WHEN (method_tally.period_from < ?) THEN ? ELSE method_tally.period_from END, in_period=CASE WHEN (method_tally.period_from < ?) THEN ? ELSE method_tally.in_period + ? END WHERE method_tally.method_id = ? AND method_tally.given < method_tally.allowed AND (method_tally.period_from < ? AND ? > ? OR method_tally.in_period < ?) RETURNING given;
UPDATE method_tally SET given=(method_tally.given + ?), period_from=CASE WHEN (method_tally.period_from < ?) THEN ? ELSE method_tally.period_from END, in_period=CASE WHEN (method_tally.period_from < ?) THEN ? ELSE method_tally.in_period + ? END WHERE method_tally.method_id = ? AND method_tally.given < method_tally.allowed AND (method_tally.period_from < ? AND ? > ? OR method_tally.in_period < ?) RETURNING given;
UPDATE stock SET given=(stock.given + ?), customers_count=(stock.customers_count + (SELECT CASE WHEN (counted.received = ?) THEN ? ELSE ? END AS anon_1
FROM (SELECT usage.customer_id AS customer_id, usage.campaign_id AS campaign_id, usage.received AS received, usage.period_from AS period_from, usage.in_period AS in_period, usage.chain_id AS chain_id
FROM usage
WHERE usage.customer_id = ? AND usage.campaign_id = ?) AS counted)), period_from=CASE WHEN (stock.period_from < ?) THEN ? ELSE stock.period_from END, in_period=CASE WHEN (stock.period_from < ?) THEN ? ELSE stock.in_period + ? END WHERE stock.campaign_id = ? AND stock.given < stock.allowed AND (stock.period_from < ? AND ? > ? OR stock.in_period < ?) AND stock.revision = ? RETURNING given;
