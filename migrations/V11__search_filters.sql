-- A candidate of a filtered search is looked at by its number: all that is asked of it, without the wide row.
create index item_by_number on item (seq) include (id, kind, archived_at);
