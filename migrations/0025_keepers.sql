-- Who answers for a webhook: whoever registered it, changed it or switched it on last; and why it was stopped once they may not
-- any more. Of hooks from before the trail says who; where it does not, the host answers for them.
ALTER TABLE webhooks ADD COLUMN keeper TEXT;
ALTER TABLE webhooks ADD COLUMN stopped TEXT;
UPDATE webhooks SET keeper = (
    SELECT e.actor FROM events e
    WHERE e.kind = 'webhook.changed' AND e.outcome = 'ok' AND e.detail LIKE '%"webhook":"' || webhooks.id || '"%'
        AND (e.detail LIKE '%"change":"created"%' OR e.detail LIKE '%"change":"changed"%'
            OR e.detail LIKE '%"change":"switched_on"%')
    ORDER BY e.at DESC, e.id DESC LIMIT 1
);
