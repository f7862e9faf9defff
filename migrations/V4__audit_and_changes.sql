-- Who changed which field of what; and the feed by which every face hears of a change.

-- Services say who acts and under which booking: set_config('inventory.actor' | 'inventory.booking', …, true).
create table audit (
    id        bigint primary key generated always as identity,
    at        timestamptz not null default clock_timestamp(),
    actor     uuid,
    booking   uuid,
    -- What the person did when it is not a field that changed: created, removed, signed_in, refused …
    action    text not null,
    entity    text not null,
    entity_id uuid,
    field     text,
    old       jsonb,
    new       jsonb
);
create index audit_by_entity on audit (entity_id, id);
create index audit_by_booking on audit (booking) where booking is not null;
create index audit_by_actor on audit (actor, id);
grant select, insert on audit to inventory;
create trigger audit_append_only before update or delete on audit for each row execute function refuse_change();
create trigger audit_no_truncate before truncate on audit for each statement execute function refuse_change();

create function acting(what text) returns uuid language sql stable as $$
    select nullif(current_setting('inventory.' || what, true), '')::uuid
$$;

-- One row per changed field; secrets are named, never shown; the counters of the row itself are no news.
create function audit_row() returns trigger
language plpgsql security definer set search_path = inventory, pg_temp as $$
declare
    before_row jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
    after_row jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
    row_now jsonb := coalesce(after_row, before_row);
    target uuid := (row_now ->> tg_argv[1])::uuid;
begin
    if tg_op = 'UPDATE' then
        insert into audit (actor, booking, action, entity, entity_id, field, old, new)
            select acting('actor'), acting('booking'), 'changed', tg_argv[0], target, a.key,
                   case when a.key like '%\_hash' then null else before_row -> a.key end,
                   case when a.key like '%\_hash' then null else a.value end
            from jsonb_each(after_row) a
            where a.value is distinct from before_row -> a.key
              and a.key not in ('version', 'updated_at', 'seq');
    else
        insert into audit (actor, booking, action, entity, entity_id, old, new)
            values (acting('actor'), acting('booking'),
                    case tg_op when 'INSERT' then 'created' else 'removed' end, tg_argv[0], target,
                    jsonb_strip_nulls(before_row - 'password_hash' - 'pin_hash'),
                    jsonb_strip_nulls(after_row - 'password_hash' - 'pin_hash'));
    end if;
    return null;
end $$;

do $$
declare t record;
begin
    for t in select * from (values
        ('item', 'item', 'id'), ('person', 'person', 'id'), ('tag', 'tag', 'id'), ('item_tag', 'item_tag', 'item'),
        ('item_link', 'item_link', 'item'), ('supplier', 'supplier', 'id'), ('supplier_part', 'supplier_part', 'item'),
        ('code', 'code', 'item'), ('photo', 'photo', 'item'), ('attachment', 'attachment', 'item'),
        ('field_definition', 'field_definition', 'id')) as v(name, entity, key)
    loop
        execute format('create trigger %I after insert or update or delete on %I for each row
                        execute function audit_row(%L, %L)', t.name || '_audit', t.name, t.entity, t.key);
    end loop;
end $$;

-- The feed. Readers advance only below pg_snapshot_xmin(pg_current_snapshot()), so that a change
-- committed late is never skipped; the notification says only that there is something to read.
create table change (
    id        bigint primary key generated always as identity,
    txid      xid8 not null default pg_current_xact_id(),
    at        timestamptz not null default clock_timestamp(),
    entity    text not null,
    -- Null: many changed at once; reload what is visible.
    entity_id uuid
);
create index change_by_txid on change (txid, id);
create index change_by_time on change (at);
grant select, delete on change to inventory;

-- `news` holds the rows a statement touched (before for a delete, after otherwise).
create function feed_change() returns trigger
language plpgsql security definer set search_path = inventory, pg_temp as $$
declare touched uuid[];
begin
    execute format('select array_agg(distinct %I) filter (where %I is not null) from
                    (select %I from news limit 1000) n', tg_argv[1], tg_argv[1], tg_argv[1]) into touched;
    if touched is null then
        return null;
    elsif cardinality(touched) > 200 then
        insert into change (entity) values (tg_argv[0]);
    else
        insert into change (entity, entity_id) select tg_argv[0], unnest(touched);
    end if;
    perform pg_notify('inventory_change', '');
    return null;
end $$;

do $$
declare t record;
begin
    for t in select * from (values
        ('item', 'item', 'id'), ('stock', 'item', 'item'), ('balance', 'item', 'item'), ('item_tag', 'item', 'item'),
        ('item_link', 'item', 'item'), ('supplier_part', 'item', 'item'), ('code', 'item', 'item'),
        ('photo', 'item', 'item'), ('attachment', 'item', 'item'), ('loan', 'item', 'item'),
        ('booking', 'booking', 'id'), ('person', 'person', 'id'), ('tag', 'tag', 'id'),
        ('supplier', 'supplier', 'id')) as v(name, entity, key)
    loop
        execute format('create trigger %I after insert on %I referencing new table as news for each statement
                        execute function feed_change(%L, %L)', t.name || '_feed_insert', t.name, t.entity, t.key);
        execute format('create trigger %I after update on %I referencing new table as news for each statement
                        execute function feed_change(%L, %L)', t.name || '_feed_update', t.name, t.entity, t.key);
        execute format('create trigger %I after delete on %I referencing old table as news for each statement
                        execute function feed_change(%L, %L)', t.name || '_feed_delete', t.name, t.entity, t.key);
    end loop;
end $$;
