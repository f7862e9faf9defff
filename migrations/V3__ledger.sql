-- What lies where, and the append-only ledger it is the sum of.

create table lot (
    id         uuid primary key,
    item       uuid not null references item,
    code       text not null check (char_length(code) between 1 and 100),
    expires_on date,
    constraint lot_once unique (item, code),
    constraint lot_of_item unique (item, id)
);
grant select, insert, update on lot to inventory;

create table stock (
    item        uuid not null,
    item_kind   text not null,
    holder      uuid not null,
    holder_kind text not null,
    lot         uuid,
    quantity    numeric(18, 6) not null,
    constraint stock_item foreign key (item, item_kind) references item (id, kind) on update cascade,
    constraint stock_holder foreign key (holder, holder_kind) references item (id, kind) on update cascade,
    constraint stock_lot foreign key (item, lot) references lot (item, id),
    constraint stock_quantity_positive check (quantity > 0),
    constraint stock_holder_holds check (holder_kind in ('location', 'container')),
    constraint stock_no_products check (item_kind <> 'product'),
    constraint stock_one_unless_counted check (item_kind = 'consumable' or quantity = 1),
    constraint stock_location_in_location check (item_kind <> 'location' or holder_kind = 'location'),
    constraint stock_lots_for_consumables check (lot is null or item_kind = 'consumable'),
    constraint stock_not_in_itself check (item <> holder),
    constraint stock_once unique nulls not distinct (item, holder, lot)
);
create unique index stock_one_place on stock (item) where item_kind <> 'consumable';
create index stock_by_holder on stock (holder, item);
grant select on stock to inventory;

-- Sums per item, kept by the same trigger as stock: owned = on_hand + lent + missing.
create table balance (
    item        uuid primary key references item on delete cascade,
    on_hand     numeric(18, 6) not null default 0 constraint balance_on_hand check (on_hand >= 0),
    lent        numeric(18, 6) not null default 0 constraint balance_lent check (lent >= 0),
    missing     numeric(18, 6) not null default 0 constraint balance_missing check (missing >= 0),
    low_since   timestamptz,
    last_holder uuid references item,
    -- Null: nothing was ever booked.
    moved_at    timestamptz
);
create index balance_low on balance (low_since) where low_since is not null;
create index balance_lent_now on balance (item) where lent > 0;
create index balance_moved on balance (moved_at desc, item);
grant select on balance to inventory;

create table booking (
    id         uuid primary key,
    request_id uuid not null,
    -- What was asked, hashed: the same request id with another body is refused.
    body_hash  text not null,
    at         timestamptz not null default clock_timestamp(),
    actor      uuid references person,
    kind       text not null check (kind in ('single', 'basket', 'create', 'import', 'bulk', 'stocktake', 'merge', 'undo')),
    note       text not null default '' check (char_length(note) <= 2000),
    reverses   uuid references booking
);
create unique index booking_request_once on booking (actor, request_id) nulls not distinct;
create index booking_by_time on booking (at desc);
create index booking_by_actor on booking (actor, at desc);
create index booking_by_reversed on booking (reverses) where reverses is not null;
grant select, insert on booking to inventory;

create table loan (
    id            uuid primary key,
    item          uuid not null references item,
    lot           uuid,
    quantity      numeric(18, 6) not null check (quantity > 0),
    person        uuid references person,
    borrower_name text check (char_length(borrower_name) between 1 and 200),
    due_on        date,
    -- What is still out; the ledger keeps it.
    outstanding   numeric(18, 6) not null default 0,
    opened_at     timestamptz not null default now(),
    constraint loan_one_borrower check (num_nonnulls(person, borrower_name) = 1),
    constraint loan_outstanding check (outstanding between 0 and quantity)
);
create index loan_open_by_item on loan (item) where outstanding > 0;
create index loan_open_by_person on loan (person) where outstanding > 0;
create index loan_open_by_due on loan (due_on) where outstanding > 0;
grant select, insert (id, item, lot, quantity, person, borrower_name, due_on), update (due_on) on loan to inventory;

-- `inverse` marks compensation: an undo books the same kind with source and target exchanged.
create table movement (
    booking         uuid not null references booking,
    line            integer not null check (line >= 1),
    kind            text not null,
    item            uuid not null references item,
    lot             uuid,
    from_holder     uuid references item,
    to_holder       uuid references item,
    quantity        numeric(18, 6) not null constraint movement_quantity_positive check (quantity > 0),
    loan            uuid references loan,
    inverse         boolean not null default false,
    reverses        uuid,
    reverses_line   integer,
    primary key (booking, line),
    constraint movement_lot foreign key (item, lot) references lot (item, id),
    constraint movement_reversed foreign key (reverses, reverses_line) references movement (booking, line),
    constraint movement_reversed_once unique (reverses, reverses_line),
    constraint movement_reverses_whole check (num_nonnulls(reverses, reverses_line) in (0, 2)),
    constraint movement_goes_somewhere check (from_holder is distinct from to_holder or kind in ('missing', 'scrap')),
    constraint movement_kind_and_direction check (
        case
            when kind in ('receive', 'return', 'found') then
                loan is null and (case when inverse then to_holder is null and from_holder is not null
                                       else from_holder is null and to_holder is not null end)
            when kind = 'issue' then
                loan is null and (case when inverse then from_holder is null and to_holder is not null
                                       else to_holder is null and from_holder is not null end)
            when kind = 'transfer' then loan is null
            when kind = 'adjust' then loan is null and num_nonnulls(from_holder, to_holder) = 1
            when kind = 'check_out' then
                loan is not null and (case when inverse then from_holder is null and to_holder is not null
                                           else to_holder is null and from_holder is not null end)
            when kind = 'check_in' then
                loan is not null and (case when inverse then to_holder is null and from_holder is not null
                                           else from_holder is null and to_holder is not null end)
            -- Missing from a holder, or lost by a borrower; scrapped from a holder, or given up as missing.
            when kind = 'missing' then
                case when inverse then from_holder is null and (to_holder is null) = (loan is not null)
                     else to_holder is null and (from_holder is null) = (loan is not null) end
            when kind = 'scrap' then
                loan is null and (case when inverse then from_holder is null else to_holder is null end)
            else false
        end)
);
create index movement_by_item on movement (item, booking);
create index movement_by_loan on movement (loan) where loan is not null;
create index movement_by_from on movement (from_holder) where from_holder is not null;
create index movement_by_to on movement (to_holder) where to_holder is not null;
grant select, insert on movement to inventory;

create trigger booking_append_only before update or delete on booking for each row execute function refuse_change();
create trigger booking_no_truncate before truncate on booking for each statement execute function refuse_change();
create trigger movement_append_only before update or delete on movement for each row execute function refuse_change();
create trigger movement_no_truncate before truncate on movement for each statement execute function refuse_change();

-- Refusals carry a constraint name, so that every face can tell them apart.
create function refuse(reason text, detail text) returns void language plpgsql as $$
begin
    raise exception '%', detail using errcode = 'check_violation', constraint = reason;
end $$;

-- No holder inside itself, nothing deeper than 32. Moves of holders take one lock, then look.
create function check_holder_move(moved uuid, into_holder uuid) returns void
language plpgsql security definer set search_path = inventory, pg_temp as $$
declare above integer; below integer; cycle boolean;
begin
    perform pg_advisory_xact_lock(hashtext('inventory.holder_tree'));
    with recursive up(id, depth) as (
        select into_holder, 1
        union all
        select s.holder, up.depth + 1 from up join stock s on s.item = up.id where up.depth < 64
    )
    select max(depth), bool_or(id = moved) into above, cycle from up;
    if cycle then
        perform refuse('holder_cycle', 'a holder cannot lie inside itself');
    end if;
    with recursive down(id, depth) as (
        select moved, 1
        union all
        select s.item, down.depth + 1 from down join stock s on s.holder = down.id
            where s.item_kind in ('location', 'container') and down.depth < 64
    )
    select max(depth) into below from down;
    if above + below > 32 then
        perform refuse('holder_depth', 'places nest at most 32 deep');
    end if;
end $$;

create function apply_movement() returns trigger
language plpgsql security definer set search_path = inventory, pg_temp as $$
declare
    i record; h record; have numeric; sums record; delta numeric; lent_delta numeric := 0; missing_delta numeric := 0;
    sign numeric := case when new.inverse then -1 else 1 end;
begin
    select id, kind, archived_at, min_quantity into i from item where id = new.item for share;
    if i.archived_at is not null then
        perform refuse('item_archived', 'nothing is booked into or out of an archived item');
    end if;
    for h in select id, kind, archived_at from item where id in (new.from_holder, new.to_holder) order by id for share loop
        if h.archived_at is not null then
            perform refuse('holder_archived', 'nothing is booked into or out of an archived place');
        end if;
    end loop;
    if i.kind <> 'location' and new.kind = 'transfer' and num_nulls(new.from_holder, new.to_holder) > 0 then
        perform refuse('movement_kind_and_direction', 'only a location can become a root');
    end if;
    if i.kind in ('location', 'container') and new.to_holder is not null then
        perform check_holder_move(new.item, new.to_holder);
    end if;

    if new.from_holder is not null then
        select quantity into have from stock
            where item = new.item and holder = new.from_holder and lot is not distinct from new.lot for update;
        if have is null or have < new.quantity then
            perform refuse('stock_insufficient', format('%s there, %s asked for', coalesce(have, 0), new.quantity));
        elsif have = new.quantity then
            delete from stock where item = new.item and holder = new.from_holder and lot is not distinct from new.lot;
        else
            update stock set quantity = quantity - new.quantity
                where item = new.item and holder = new.from_holder and lot is not distinct from new.lot;
        end if;
    end if;
    if new.to_holder is not null then
        insert into stock (item, item_kind, holder, holder_kind, lot, quantity)
            select new.item, i.kind, new.to_holder, k.kind, new.lot, new.quantity from item k where k.id = new.to_holder
            on conflict on constraint stock_once do update set quantity = stock.quantity + excluded.quantity;
    end if;

    delta := case when new.to_holder is null then 0 else new.quantity end
           - case when new.from_holder is null then 0 else new.quantity end;
    if new.kind in ('check_out', 'check_in') then
        lent_delta := -delta;
    elsif new.kind = 'missing' and new.loan is not null then
        lent_delta := -sign * new.quantity;
        missing_delta := sign * new.quantity;
    elsif new.kind in ('missing', 'found') then
        missing_delta := -delta;
    elsif new.kind = 'scrap' and delta = 0 then
        missing_delta := -sign * new.quantity;
    end if;
    if new.loan is not null then
        update loan set outstanding = outstanding + lent_delta
            where id = new.loan and item = new.item and lot is not distinct from new.lot;
        if not found then
            perform refuse('loan_of_item', 'the loan is of another item');
        end if;
    end if;

    -- A first movement makes the row, so that the checks below see plain sums.
    insert into balance (item) values (new.item) on conflict (item) do nothing;
    update balance set
            on_hand = on_hand + delta, lent = lent + lent_delta, missing = missing + missing_delta,
            last_holder = coalesce(new.to_holder, new.from_holder, last_holder),
            moved_at = clock_timestamp(),
            low_since = case when i.min_quantity is not null and on_hand + delta < i.min_quantity
                             then coalesce(low_since, clock_timestamp()) end
        where item = new.item
        returning on_hand + lent + missing as owned into sums;
    if i.kind <> 'consumable' and sums.owned > 1 then
        perform refuse('one_of_a_kind', 'an individual thing exists once');
    end if;
    return null;
end $$;
create trigger movement_applies after insert on movement for each row execute function apply_movement();

-- Before a booking decides, it takes its items in one order: first the lock of the holder tree where a holder moves,
-- then one balance row per item. Two baskets can then neither deadlock nor see half of each other.
create function lock_items(items uuid[]) returns void
language plpgsql security definer set search_path = inventory, pg_temp as $$
begin
    if exists (select from item where id = any (items) and kind in ('location', 'container')) then
        perform pg_advisory_xact_lock(hashtext('inventory.holder_tree'));
    end if;
    insert into balance (item) select distinct i.id from item i where i.id = any (items)
        and not exists (select from balance b where b.item = i.id) order by i.id on conflict (item) do nothing;
    perform from balance where item = any (items) order by item for update;
end $$;

-- A changed minimum can make a thing low, or no longer low.
create function item_minimum_changed() returns trigger
language plpgsql security definer set search_path = inventory, pg_temp as $$
begin
    update balance set low_since = case when new.min_quantity is not null and on_hand < new.min_quantity
                                        then coalesce(low_since, clock_timestamp()) end
        where item = new.id;
    return null;
end $$;
create trigger item_minimum_changed after update of min_quantity on item for each row
    when (old.min_quantity is distinct from new.min_quantity) execute function item_minimum_changed();

-- Archiving needs no stock on hand, no open loan, and an empty holder.
create function item_archive_check() returns trigger
language plpgsql security definer set search_path = inventory, pg_temp as $$
begin
    if exists (select from stock s join item inside on inside.id = s.item
               where s.holder = new.id and inside.archived_at is null) then
        perform refuse('archive_not_empty', 'things still lie inside');
    end if;
    if new.kind <> 'location' and exists (select from balance where item = new.id and on_hand > 0) then
        perform refuse('archive_on_hand', 'some are still on hand');
    end if;
    if exists (select from loan where item = new.id and outstanding > 0) then
        perform refuse('archive_lent', 'a loan is still open');
    end if;
    return new;
end $$;
create trigger item_archive_check before update of archived_at on item for each row
    when (old.archived_at is null and new.archived_at is not null) execute function item_archive_check();

-- Where a holder is when it lies in no other: a root, or not in the room at all.
create function holder_state(asked uuid, out head text, out borrower text)
language sql stable as $$
    select case when i.kind = 'location' then 'root'
                when b.lent > 0 then 'lent' when b.missing > 0 then 'missing'
                when b.moved_at is not null then 'gone' else 'never_stocked' end,
           (select coalesce(p.name, l.borrower_name) from loan l left join person p on p.id = l.person
            where l.item = i.id and l.outstanding > 0 order by l.opened_at limit 1)
    from item i left join balance b on b.item = i.id where i.id = asked
$$;

-- The way to a holder, outermost first, itself last. What lies in a lent case is still in the case.
create function holder_path(asked uuid, out ids uuid[], out names text[], out head text, out borrower text)
language sql stable as $$
    with recursive up(id, depth) as (
        select asked, 1
        union all
        select s.holder, up.depth + 1 from up join stock s on s.item = up.id where up.depth < 40
    ), way as (
        select array_agg(up.id order by depth desc) as ids, array_agg(i.name::text order by depth desc) as names,
               (array_agg(up.id order by depth desc))[1] as top
        from up join item i on i.id = up.id
    )
    select way.ids, way.names, state.head, state.borrower from way, lateral holder_state(way.top) state
$$;

-- A holder and every holder in it, however deep.
create function holders_inside(asked uuid) returns setof uuid
language sql stable as $$
    with recursive down(id, depth) as (
        select asked, 1
        union all
        select s.item, down.depth + 1 from down join stock s on s.holder = down.id
            where s.item_kind in ('location', 'container') and down.depth < 40
    )
    select id from down
$$;
