-- The same guarded statements as a purchase over HTTP, one by one, for pgbench.
\set buyer random(1, :customers) + :first_customer
\set campaign random(1, :campaigns) + :first_campaign
BEGIN;
SELECT c.cost, c.limit_per_customer, s.revision, a.balance FROM campaign c JOIN stock s ON s.campaign_id = c.id JOIN chain h ON h.id = c.chain_id JOIN customer cu ON cu.id = :buyer AND cu.chain_id = c.chain_id JOIN account a ON a.customer_id = cu.id LEFT JOIN usage u ON u.campaign_id = c.id AND u.customer_id = cu.id WHERE c.id = :campaign AND c.lifecycle = 'live' AND cu.status = 'active' AND s.given < s.allowed AND EXISTS (SELECT FROM audience_target t JOIN level l ON l.uuid = t.uuid WHERE t.audience_id = c.audience_id AND l.id = cu.level_id);
UPDATE account SET balance = balance - 1000, entries_count = entries_count + 1 WHERE customer_id = :buyer AND balance >= 1000 RETURNING balance AS balance, entries_count AS place \gset
INSERT INTO usage (chain_id, customer_id, campaign_id, received, in_period, period_from) VALUES (1, :buyer, :campaign, 1, 1, '0001-01-01') ON CONFLICT (customer_id, campaign_id) DO UPDATE SET received = usage.received + 1, in_period = usage.in_period + 1 WHERE usage.in_period < 1000000 RETURNING received AS bought \gset
UPDATE coupon SET award_id = gen_random_uuid() WHERE id = (SELECT id FROM coupon WHERE campaign_id = :campaign AND award_id IS NULL ORDER BY position LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id AS coupon \gset
INSERT INTO award (chain_id, id, campaign_id, customer_id, cause, cost, given_at, given_by) SELECT 1, award_id, campaign_id, :buyer, 'purchase', 1000, now(), 1 FROM coupon WHERE id = :coupon;
INSERT INTO ledger_entry (chain_id, uuid, customer_id, sequence, delta, balance_after, kind, comment, issuer, issued_by, award_id, created_at) SELECT 1, gen_random_uuid(), :buyer, :place, -1000, :balance, 'bought', 'Free coffee, coupon: ' || code, 'admin', 1, award_id, now() FROM coupon WHERE id = :coupon;
INSERT INTO voucher (chain_id, key, campaign_id, customer_id, award_id, coupon_id, kind, code, status, amount, redeemed, superseded, created_at, claimed_at) SELECT 1, replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), campaign_id, :buyer, award_id, id, 'honour', code, 'claimed', 0, 0, false, now(), now() FROM coupon WHERE id = :coupon;
UPDATE stock SET given = given + 1, in_period = in_period + 1, customers_count = customers_count + CASE WHEN :bought = 1 THEN 1 ELSE 0 END WHERE campaign_id = :campaign AND given < allowed AND revision = 1;
COMMIT;
