-- What search looks at: derived from the items, made again at any time by `inventory reindex`.
-- Narrow tables keyed by item.seq; vectors and postings stay out of the item row.

-- One row per stem. `items` is in how many items it occurs (kept nearly exact: it only weighs).
create table lexeme (
    id    integer primary key generated always as identity,
    text  text collate "C" not null constraint lexeme_once unique,
    items integer not null default 0
);

-- `weight` is the BM25F weight of the stem in the item, made with search_stat.mean_length.
create table posting (
    lexeme integer not null,
    item   integer not null,
    weight real not null,
    primary key (lexeme, item) include (weight)
) with (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_vacuum_scale_factor = 0.05);
create index posting_by_item on posting (item);

-- Words as written, for what is misspelt (trigrams; GiST is ten times slower) or unfinished (prefix).
create table word (
    text   text collate "C" primary key,
    lexeme integer not null
);
create index word_trigrams on word using gin (text public.gin_trgm_ops);

-- Codes, serial and model numbers and names, letters and digits alone. `kind` in the order of importance.
create table ident (
    key  text collate "C" not null,
    item integer not null,
    kind smallint not null check (kind between 1 and 5),
    primary key (key, item, kind)
);
create index ident_by_item on ident (item);

-- One row per item in the index: its weighted length, and the hash of what the model is to read.
create table search_item (
    item         integer primary key,
    length       real not null,
    meaning_hash bytea not null
);

-- mean_length is the one the weights were made with; the sums give the present one.
create table search_stat (
    only_one     boolean primary key default true check (only_one),
    items        integer not null default 0,
    total_length double precision not null default 0,
    mean_length  real not null default 10,
    -- Items refreshed since the stems were last counted.
    uncounted    integer not null default 0
);
insert into search_stat default values;

-- A row for every change, never updated: whoever refreshes removes rows first and reads the item afterwards, so that
-- no change is lost and no writer ever waits.
create table search_stale (
    id   bigint primary key generated always as identity,
    item integer not null
);

create table embedding_model (
    id   smallint primary key generated always as identity,
    name text not null constraint embedding_model_once unique
);

create table embedding (
    model  smallint not null references embedding_model,
    item   integer not null,
    -- Of the text this vector was made from.
    hash   bytea not null,
    vector public.halfvec(384) not null,
    primary key (model, item)
);
alter table embedding alter column vector set storage plain;
create index embedding_by_item on embedding (item);

create table embedding_stale (
    id    bigint primary key generated always as identity,
    model smallint not null references embedding_model,
    item  integer not null
);
create index embedding_stale_by_model on embedding_stale (model, id);

grant select, insert, update, delete on
    lexeme, posting, word, ident, search_item, search_stat, search_stale, embedding_model, embedding, embedding_stale
    to inventory;

-- The filters of a search: from an item's id to its number without touching the wide row.
create index item_numbers on item (id) include (seq, kind, archived_at);
create index item_archived on item (seq) where archived_at is not null;

-- An approximate index over the vectors pays from about ten thousand; below, an exact scan is as fast and never
-- misses. Index and table belong to the owner, so the program asks through these.
create function embedding_index_build() returns boolean
language plpgsql security definer set search_path = inventory, public, pg_temp
-- The graph of a hundred thousand items is built in memory; on disk it takes ten times as long.
set maintenance_work_mem = '256MB' as $$
begin
    if to_regclass('inventory.embedding_nearest') is not null then
        return false;
    end if;
    create index embedding_nearest on embedding using hnsw (vector halfvec_cosine_ops) with (m = 16, ef_construction = 64);
    return true;
end $$;
create function embedding_index_drop() returns void
language plpgsql security definer set search_path = inventory, public, pg_temp as $$
begin
    drop index if exists embedding_nearest;
end $$;
revoke execute on function embedding_index_build(), embedding_index_drop() from public;
grant execute on function embedding_index_build(), embedding_index_drop() to inventory;

-- ---------------------------------------------------------------------------------------------------------------
-- Upkeep: whatever changes an item's texts, by whomever, makes the item stale.

create function search_item_stale() returns trigger
language plpgsql security definer set search_path = inventory, pg_temp as $$
begin
    if tg_op = 'INSERT' then
        insert into search_stale (item) select seq from new_rows order by seq;
    elsif tg_op = 'DELETE' then
        insert into search_stale (item) select seq from old_rows order by seq;
    else
        insert into search_stale (item)
            select n.seq from new_rows n join old_rows o on o.id = n.id
            where (n.name, n.description, n.notes, n.manufacturer, n.model, n.serial_number, n.fields)
                  is distinct from (o.name, o.description, o.notes, o.manufacturer, o.model, o.serial_number, o.fields)
            order by n.seq;
    end if;
    return null;
end $$;
create trigger item_search_insert after insert on item
    referencing new table as new_rows for each statement execute function search_item_stale();
create trigger item_search_update after update on item
    referencing new table as new_rows old table as old_rows for each statement execute function search_item_stale();
create trigger item_search_delete after delete on item
    referencing old table as old_rows for each statement execute function search_item_stale();

-- Rows that belong to an item: tags, codes, part numbers. `touched` holds them before a delete, after otherwise.
create function search_part_stale() returns trigger
language plpgsql security definer set search_path = inventory, pg_temp as $$
begin
    insert into search_stale (item)
        select distinct i.seq from touched t join item i on i.id = t.item order by i.seq;
    return null;
end $$;
do $$
declare part text;
begin
    foreach part in array array['item_tag', 'code', 'supplier_part'] loop
        execute format('create trigger %I after insert on %I referencing new table as touched
                        for each statement execute function search_part_stale()', part || '_search_insert', part);
        execute format('create trigger %I after update on %I referencing new table as touched
                        for each statement execute function search_part_stale()', part || '_search_update', part);
        execute format('create trigger %I after delete on %I referencing old table as touched
                        for each statement execute function search_part_stale()', part || '_search_delete', part);
    end loop;
end $$;

-- A code that moves to another item: the one it left is stale as well.
create function search_code_left() returns trigger
language plpgsql security definer set search_path = inventory, pg_temp as $$
begin
    insert into search_stale (item) select seq from item where id = old.item;
    return null;
end $$;
create trigger code_search_left after update on code for each row
    when (old.item is not null and old.item is distinct from new.item) execute function search_code_left();

create function search_tag_stale() returns trigger
language plpgsql security definer set search_path = inventory, pg_temp as $$
begin
    insert into search_stale (item)
        select i.seq from item_tag x join item i on i.id = x.item where x.tag = new.id order by i.seq;
    return null;
end $$;
create trigger tag_search_renamed after update of name on tag for each row
    when (old.name is distinct from new.name) execute function search_tag_stale();

-- What is there already.
insert into search_stale (item) select seq from item order by seq;
