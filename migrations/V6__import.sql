-- By which key a source knows an item, and what its rows said last: importing the same again changes nothing, and what
-- was changed here since is seen.
create table import_key (
    source      text not null check (char_length(source) between 1 and 100),
    key         text not null check (char_length(key) between 1 and 1000),
    item        uuid not null references item on delete cascade,
    -- SHA-256 of the rows, hexadecimal.
    digest      text not null,
    -- Of the item, right after the import.
    version     integer not null,
    imported_at timestamptz not null,
    primary key (source, key)
);
create index import_key_by_item on import_key (item);
grant select, insert, update, delete on import_key to inventory;
