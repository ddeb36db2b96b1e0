-- The same guarded statements as a purchase over HTTP, one by one, for pgbench.
\set buyer random(1, :customers) + :first_customer
\set campaign random(1, :campaigns) + :first_campaign
BEGIN;
SELECT c.cost, c.limit_per_customer, s.terms, a.balance FROM campaign c JOIN stock s ON s.campaign_id = c.id JOIN customer cu ON cu.id = :buyer JOIN account a ON a.customer_id = cu.id LEFT JOIN usage u ON u.campaign_id = c.id AND u.customer_id = cu.id WHERE c.id = :campaign AND c.lifecycle = 'live' AND cu.status = 'active' AND s.sold < s.sellable AND EXISTS (SELECT FROM audience_target t JOIN level l ON l.uuid = t.uuid WHERE t.audience_id = c.audience_id AND l.id = cu.level_id);
UPDATE account SET balance = balance - 1000, entries_count = entries_count + 1 WHERE customer_id = :buyer AND balance >= 1000 RETURNING balance AS balance, entries_count AS place \gset
INSERT INTO usage (customer_id, campaign_id, bought) VALUES (:buyer, :campaign, 1) ON CONFLICT (customer_id, campaign_id) DO UPDATE SET bought = usage.bought + 1 WHERE usage.bought < 1000000 RETURNING bought AS bought \gset
UPDATE coupon SET purchase_id = gen_random_uuid() WHERE id = (SELECT id FROM coupon WHERE campaign_id = :campaign AND purchase_id IS NULL ORDER BY position LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id AS coupon \gset
INSERT INTO purchase (id, campaign_id, customer_id, coupon_id, cost, bought_at, sold_by) SELECT purchase_id, campaign_id, :buyer, id, 1000, now(), 1 FROM coupon WHERE id = :coupon;
INSERT INTO ledger_entry (uuid, customer_id, sequence, delta, balance_after, kind, comment, issuer, issued_by, purchase_id, created_at) SELECT gen_random_uuid(), :buyer, :place, -1000, :balance, 'bought', 'Free coffee, coupon: ' || code, 'admin', 1, purchase_id, now() FROM coupon WHERE id = :coupon;
UPDATE stock SET sold = sold + 1, buyers_count = buyers_count + CASE WHEN :bought = 1 THEN 1 ELSE 0 END WHERE campaign_id = :campaign AND sold < sellable AND terms = 1;
COMMIT;
