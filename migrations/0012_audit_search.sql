-- What auditors look for: each of these finds its events, the newest first, without reading the others.
CREATE INDEX events_by_kind ON events (kind, at, id);
CREATE INDEX events_by_actor ON events (actor, at, id);
CREATE INDEX events_by_organisation ON events (organisation, at, id);
CREATE INDEX events_by_client ON events (client, at, id) WHERE client IS NOT NULL;
CREATE INDEX events_by_network ON events (network, at, id) WHERE network IS NOT NULL;
CREATE INDEX events_by_request ON events (request) WHERE request IS NOT NULL;
