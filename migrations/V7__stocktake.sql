-- A stocktake: a count of everything in one place, kept line by line as it is counted, and booked at once when somebody
-- approves it. Nothing here moves stock; the approval's booking does.

create table stocktake (
    id         uuid primary key,
    -- What is counted: this holder and every holder in it.
    holder     uuid not null references item,
    state      text not null default 'open' check (state in ('open', 'counted', 'approved', 'cancelled')),
    note       text not null default '' check (char_length(note) <= 2000),
    opened_by  uuid references person,
    opened_at  timestamptz not null default clock_timestamp(),
    -- When the differences were first shown: what is counted after that is no longer blind.
    shown_at   timestamptz,
    decided_by uuid references person,
    decided_at timestamptz,
    -- Of the approval; none when everything agreed.
    booking    uuid references booking,
    version    integer not null default 1,
    constraint stocktake_decided check ((state in ('approved', 'cancelled')) = (decided_at is not null)),
    constraint stocktake_booked_when_approved check (booking is null or state = 'approved')
);
create index stocktake_active on stocktake (holder) where state in ('open', 'counted');
create index stocktake_by_time on stocktake (opened_at desc);
grant select, insert, update (state, shown_at, decided_by, decided_at, booking) on stocktake to inventory;

-- Every count of a line, in order; the latest one is valid. Null: the count was taken back, the line is open again.
create table stocktake_count (
    id         bigint primary key generated always as identity,
    stocktake  uuid not null references stocktake,
    request_id uuid not null,
    item       uuid not null references item,
    holder     uuid not null references item,
    lot        uuid,
    counted    numeric(18, 6) check (counted >= 0),
    -- What the books said at that moment, as `line_books` has it.
    there      numeric(18, 6) not null,
    corrected  numeric(18, 6) not null,
    place      uuid,
    loan       uuid,
    missing    boolean not null,
    moved_at   timestamptz,
    counted_by uuid references person,
    at         timestamptz not null default clock_timestamp(),
    constraint stocktake_count_request_once unique (stocktake, request_id),
    constraint stocktake_count_lot foreign key (item, lot) references lot (item, id)
);
create index stocktake_count_by_line on stocktake_count (stocktake, item, holder, id desc);
create index stocktake_count_by_holder on stocktake_count (holder, at desc);
grant select, insert on stocktake_count to inventory;
create trigger stocktake_count_append_only before update or delete on stocktake_count
    for each row execute function refuse_change();
create trigger stocktake_count_no_truncate before truncate on stocktake_count
    for each statement execute function refuse_change();

-- Only an open stocktake is counted into. The row is shared until the count is written, so that nobody closes it between.
create function stocktake_takes_counts() returns trigger
language plpgsql security definer set search_path = inventory, pg_temp as $$
begin
    perform from stocktake where id = new.stocktake and state = 'open' for share;
    if not found then
        perform refuse('stocktake_not_open', 'only an open stocktake is counted into');
    end if;
    return new;
end $$;
create trigger stocktake_takes_counts before insert on stocktake_count
    for each row execute function stocktake_takes_counts();

-- Approved and cancelled are final; every other change counts up, so that one of a stale version is noticed.
create function stocktake_touch() returns trigger language plpgsql as $$
begin
    if old.state in ('approved', 'cancelled') then
        raise exception 'a decided stocktake stays as it is' using errcode = 'check_violation', constraint = 'stocktake_final';
    end if;
    new.version := old.version + 1;
    return new;
end $$;
create trigger stocktake_touch before update on stocktake for each row execute function stocktake_touch();

-- What the books say of one line now: how many lie there; the sum of all corrections ever made to the line; and for an
-- individual thing in which holder it lies, on which loan it is out, whether it is missing; when its item last moved.
create function line_books(asked_item uuid, asked_holder uuid, asked_lot uuid,
    out there numeric, out corrected numeric, out place uuid, out loan uuid, out missing boolean, out moved_at timestamptz)
language sql stable as $$
    select coalesce((select s.quantity from stock s where s.item = asked_item and s.holder = asked_holder
                         and s.lot is not distinct from asked_lot), 0),
           coalesce((select sum(case when m.to_holder is not null then m.quantity else -m.quantity end) from movement m
                     where m.item = asked_item and m.kind = 'adjust' and m.lot is not distinct from asked_lot
                       and coalesce(m.to_holder, m.from_holder) = asked_holder), 0),
           case when i.kind <> 'consumable' then (select s.holder from stock s where s.item = asked_item limit 1) end,
           case when i.kind <> 'consumable' then (select l.id from loan l where l.item = asked_item and l.outstanding > 0
                                                  order by l.opened_at limit 1) end,
           i.kind <> 'consumable' and coalesce(b.missing, 0) > 0,
           b.moved_at
    from item i left join balance b on b.item = i.id where i.id = asked_item
$$;

create trigger stocktake_audit after insert or update or delete on stocktake
    for each row execute function audit_row('stocktake', 'id');

create trigger stocktake_feed_insert after insert on stocktake referencing new table as news
    for each statement execute function feed_change('stocktake', 'id');
create trigger stocktake_feed_update after update on stocktake referencing new table as news
    for each statement execute function feed_change('stocktake', 'id');
create trigger stocktake_count_feed_insert after insert on stocktake_count referencing new table as news
    for each statement execute function feed_change('stocktake', 'stocktake');
