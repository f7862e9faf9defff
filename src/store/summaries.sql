select i.id, i.kind, i.name, i.unit, i.min_quantity,
       coalesce(b.on_hand, 0) as on_hand, coalesce(b.lent, 0) as lent, coalesce(b.missing, 0) as missing,
       b.low_since is not null as low, i.archived_at is not null as archived, b.moved_at,
       (select c.text from code c where c.item = i.id and c.kind = 'own' order by c.created_at, c.id limit 1) as code,
       (select p.id from photo p where p.item = coalesce(own.item, i.instance_of) order by p.position limit 1) as photo,
       (select count(*) from stock s where s.item = i.id) as places,
       case when i.kind = 'product' then (select count(*) from item a where a.instance_of = i.id and a.archived_at is null)
            else 0 end as instances,
       array(select t.name from item_tag x join tag t on t.id = x.tag where x.item = i.id order by lower(t.name)) as tags,
       way.ids, way.names, coalesce(way.head, state.head) as head, coalesce(way.borrower, state.borrower) as borrower
from unnest($1::uuid[]) with ordinality as asked(id, n)
join item i on i.id = asked.id
left join balance b on b.item = i.id
-- An asset without a picture of its own shows its product's.
left join lateral (select p.item from photo p where p.item = i.id limit 1) own on true
left join lateral (select s.holder from stock s where s.item = i.id order by s.quantity desc, s.holder limit 1) at on true
left join lateral holder_path(at.holder) way on at.holder is not null
left join lateral holder_state(i.id) state on at.holder is null
order by asked.n
