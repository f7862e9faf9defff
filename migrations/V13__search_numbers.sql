-- The filters of a search go from a tag, a holder or a kind straight to the items' numbers, which is what vectors and
-- postings are keyed by: by way of the ids, each of five thousand tagged items cost a look-up of its own (measured at
-- 100,000 items: 12 ms, against half a millisecond).

alter table stock add column item_seq integer;
alter table item_tag add column item_seq integer;

-- A number never changes, so it is set once; whoever inserts need not know it.
create function item_seq_known() returns trigger language plpgsql set search_path = inventory, pg_temp as $$
begin
    select seq into new.item_seq from item where id = new.item;
    return new;
end $$;
create trigger stock_item_seq before insert on stock for each row execute function item_seq_known();
create trigger item_tag_item_seq before insert or update of item on item_tag
    for each row execute function item_seq_known();

-- Nothing that anybody sees changes here: no news for the feed, nothing for the index of words.
alter table stock disable trigger user;
alter table item_tag disable trigger user;
update stock s set item_seq = i.seq from item i where i.id = s.item;
update item_tag t set item_seq = i.seq from item i where i.id = t.item;
alter table stock enable trigger user;
alter table item_tag enable trigger user;
-- Filling from a backup as well, so that whatever an archive says of the numbers, they are those of the items.
alter table stock enable always trigger stock_item_seq;
alter table item_tag enable always trigger item_tag_item_seq;

drop index stock_by_holder;
create index stock_by_holder on stock (holder, item_seq) include (item, item_kind);
create index stock_by_number on stock (item_seq) include (holder);
drop index item_tag_by_tag;
create index item_tag_by_tag on item_tag (tag, item_seq);
create index item_kind_numbers on item (kind, seq) where archived_at is null;
