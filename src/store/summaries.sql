with recursive asked as (
    select u.id, u.n from unnest($1::uuid[]) with ordinality as u(id, n)
),
-- Where each lies; of several places that with most.
at as (
    select a.id, s.holder
    from asked a
    cross join lateral (select holder from stock s where s.item = a.id order by s.quantity desc, s.holder limit 1) s
),
up(start, id, depth) as (
    select distinct holder, holder, 1 from at
    union all
    select up.start, s.holder, up.depth + 1 from up join stock s on s.item = up.id where up.depth < 40
),
way as (
    select up.start, array_agg(up.id order by up.depth desc) as ids,
           array_agg(i.name::text order by up.depth desc) as names, (array_agg(up.id order by up.depth desc))[1] as top
    -- `offset 0` keeps it a look-up per place; joined, every item's name would be read for the few of them.
    from up cross join lateral (select i.name from item i where i.id = up.id offset 0) i
    group by up.start
)
select i.id, i.seq, i.kind, i.name, i.unit, i.min_quantity,
       coalesce(b.on_hand, 0) as on_hand, coalesce(b.lent, 0) as lent, coalesce(b.missing, 0) as missing,
       b.low_since is not null as low, i.archived_at is not null as archived, b.moved_at,
       (select c.text from code c where c.item = i.id and c.kind = 'own' order by c.created_at, c.id limit 1) as code,
       (select p.id from photo p where p.item = coalesce(own.item, i.instance_of) order by p.position limit 1) as photo,
       (select count(*) from stock s where s.item = i.id) as places,
       case when i.kind = 'product' then (select count(*) from item a where a.instance_of = i.id and a.archived_at is null)
            else 0 end as instances,
       array(select t.name from item_tag x cross join lateral (select name from tag where id = x.tag offset 0) t
             where x.item = i.id order by lower(t.name)) as tags,
       way.ids, way.names,
       -- Of the outermost holder, or of the thing itself when it lies nowhere; as `holder_state` has it.
       case when top.kind = 'location' then 'root'
            when outer_balance.lent > 0 then 'lent' when outer_balance.missing > 0 then 'missing'
            when outer_balance.moved_at is not null then 'gone' else 'never_stocked' end as head,
       (select coalesce(p.name, l.borrower_name) from loan l left join person p on p.id = l.person
        where l.item = top.id and l.outstanding > 0 order by l.opened_at limit 1) as borrower
from asked
join item i on i.id = asked.id
left join balance b on b.item = i.id
-- An asset without a picture of its own shows its product's.
left join lateral (select p.item from photo p where p.item = i.id limit 1) own on true
left join at on at.id = i.id
left join way on way.start = at.holder
left join item top on top.id = coalesce(way.top, i.id)
left join balance outer_balance on outer_balance.item = top.id
order by asked.n
