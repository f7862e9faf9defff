-- What the planner knows decides whether a search walks the index over the vectors or looks at every one of them.
-- Autovacuum comes by after a minute and by size; after many items at once, the program asks for it at once.

-- One model at a time has vectors, but for the time of a change: without this, an empty table's guess of two hundred
-- models makes each look small.
alter table embedding alter column model set (n_distinct = 1);

-- The tables belong to the owner, and only an owner may have them analysed.
create function search_analyse() returns void
language plpgsql security definer set search_path = inventory, public, pg_temp as $$
begin
    analyze item, item_tag, tag, code, stock, balance, search_item, lexeme, word, ident, posting, embedding;
end $$;
revoke execute on function search_analyse() from public;
grant execute on function search_analyse() to inventory;
