-- Everything a person can look for is one item.

create table item (
    id                uuid primary key,
    -- A compact key for the search tables.
    seq               integer not null generated always as identity unique,
    kind              text not null check (kind in ('location', 'container', 'asset', 'consumable', 'product')),
    instance_of       uuid,
    instance_of_kind  text generated always as (case when instance_of is not null then 'product' end) stored,
    name              text collate natural_order not null check (char_length(name) between 1 and 200 and name = btrim(name)),
    description       text not null default '' check (char_length(description) <= 20000),
    notes             text not null default '' check (char_length(notes) <= 100000),
    unit              text check (char_length(unit) between 1 and 20),
    min_quantity      numeric(18, 6) check (min_quantity >= 0),
    max_quantity      numeric(18, 6) check (max_quantity >= 0),
    -- Where a keeper says it belongs; without one, the last holder is proposed.
    home_holder       uuid references item,
    serial_number     text check (char_length(serial_number) between 1 and 200),
    manufacturer      text check (char_length(manufacturer) between 1 and 200),
    model             text check (char_length(model) between 1 and 200),
    purchase_price    numeric(14, 4) check (purchase_price >= 0),
    purchase_currency text check (purchase_currency ~ '^[A-Z]{3}$'),
    purchased_on      date,
    warranty_until    date,
    url               text check (char_length(url) between 1 and 2000),
    fields            jsonb not null default '{}' check (jsonb_typeof(fields) = 'object'),
    archived_at       timestamptz,
    merged_into       uuid references item,
    version           integer not null default 1,
    created_at        timestamptz not null default now(),
    updated_at        timestamptz not null default now(),
    -- The target of the composite keys by which other tables know the kind.
    constraint item_id_kind unique (id, kind),
    constraint item_instance_of_product foreign key (instance_of, instance_of_kind) references item (id, kind),
    constraint item_only_assets_are_instances check (instance_of is null or kind = 'asset'),
    constraint item_unit_for_consumables check ((kind = 'consumable') = (unit is not null)),
    constraint item_limits_for_consumables check (kind = 'consumable' or (min_quantity is null and max_quantity is null)),
    constraint item_min_below_max check (min_quantity <= max_quantity),
    constraint item_price_has_currency check ((purchase_price is null) = (purchase_currency is null)),
    constraint item_merged_is_archived check (merged_into is null or archived_at is not null),
    constraint item_not_merged_into_itself check (merged_into <> id)
);
create index item_by_name on item (name, id);
create index item_by_instance on item (instance_of) where instance_of is not null;
create index item_by_kind on item (kind, name);
create index item_by_serial on item (lower(serial_number)) where serial_number is not null;
create index item_by_home on item (home_holder) where home_holder is not null;
grant select, insert, update, delete on item to inventory;

-- Every edit counts up, so that an edit of a stale version is noticed, whoever made the other one.
create function item_touch() returns trigger language plpgsql as $$
begin
    new.version := old.version + 1;
    new.updated_at := now();
    return new;
end $$;
create trigger item_touch before update on item for each row execute function item_touch();

create table tag (
    id   uuid primary key,
    name text not null check (char_length(name) between 1 and 60 and name = btrim(name))
);
create unique index tag_name_once on tag (lower(name));
create table item_tag (
    item uuid not null references item on delete cascade,
    tag  uuid not null references tag on delete cascade,
    primary key (item, tag)
);
create index item_tag_by_tag on item_tag (tag, item);
grant select, insert, update, delete on tag, item_tag to inventory;

create table item_link (
    item  uuid not null references item on delete cascade,
    kind  text not null check (kind in ('part_of', 'accessory_of', 'spare_for', 'same_as')),
    other uuid not null references item on delete cascade,
    primary key (item, kind, other),
    constraint item_link_to_another check (item <> other)
);
create index item_link_by_other on item_link (other);
grant select, insert, update, delete on item_link to inventory;

create table supplier (
    id   uuid primary key,
    name text not null check (char_length(name) between 1 and 200),
    url  text
);
create unique index supplier_name_once on supplier (lower(name));
create table supplier_part (
    id          uuid primary key,
    item        uuid not null references item on delete cascade,
    supplier    uuid not null references supplier,
    part_number text not null check (char_length(part_number) between 1 and 200),
    price       numeric(14, 4) check (price >= 0),
    currency    text check (currency ~ '^[A-Z]{3}$'),
    url         text,
    constraint supplier_part_once unique (item, supplier, part_number)
);
create index supplier_part_by_number on supplier_part (lower(part_number));
grant select, insert, update, delete on supplier, supplier_part to inventory;

create table field_definition (
    id       uuid primary key,
    name     text not null check (char_length(name) between 1 and 100),
    type     text not null check (type in ('text', 'number', 'date', 'boolean', 'choice')),
    unit     text,
    choices  text[] not null default '{}',
    position integer not null default 0
);
create unique index field_definition_name_once on field_definition (lower(name));
grant select, insert, update, delete on field_definition to inventory;

-- Codes people scan. `text` is normalised (badges: a hash); all kinds but GTIN name one thing.
create sequence code_number start 32768;
grant usage on sequence code_number to inventory;
create table code (
    id         uuid primary key,
    text       text not null check (char_length(text) between 1 and 500),
    symbology  text,
    kind       text not null check (kind in ('own', 'alias', 'gtin', 'blank', 'badge', 'command')),
    item       uuid references item on delete cascade,
    person     uuid references person,
    command    text,
    created_at timestamptz not null default now(),
    constraint code_has_its_target check (
        case kind
            when 'blank' then item is null and person is null and command is null
            when 'badge' then item is null and person is not null and command is null
            when 'command' then item is null and person is null and command is not null
            else item is not null and person is null and command is null
        end)
);
create unique index code_once on code (text) where kind <> 'gtin';
create unique index code_gtin_once on code (text, item) where kind = 'gtin';
create index code_by_text on code (text);
create index code_by_item on code (item) where item is not null;
grant select, insert, update, delete on code to inventory;

-- Files are content-addressed; the row comes after the files.
create table photo (
    id         uuid primary key,
    item       uuid not null references item on delete cascade,
    -- 0 is the primary picture.
    position   integer not null check (position >= 0),
    sha256     text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    media_type text not null,
    bytes      bigint not null check (bytes > 0),
    width      integer not null check (width > 0),
    height     integer not null check (height > 0),
    caption    text not null default '',
    created_at timestamptz not null default now(),
    constraint photo_position_once unique (item, position) deferrable initially deferred
);
create index photo_by_hash on photo (sha256);
create table attachment (
    id         uuid primary key,
    item       uuid not null references item on delete cascade,
    sha256     text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    name       text not null check (char_length(name) between 1 and 255),
    media_type text not null,
    bytes      bigint not null check (bytes > 0),
    created_at timestamptz not null default now()
);
create index attachment_by_item on attachment (item);
grant select, insert, update, delete on photo, attachment to inventory;
