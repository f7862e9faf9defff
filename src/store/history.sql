select m.*, b.kind as booking_kind, b.at, b.actor, p.name as actor_name, b.note, i.name::text as item_name, i.unit,
       f.name::text as from_name, t.name::text as to_name, coalesce(lp.name, l.borrower_name) as borrower, lot.code as lot_code,
       exists (select from movement r where r.reverses = m.booking and r.reverses_line = m.line) as reversed
from movement m
join booking b on b.id = m.booking
join item i on i.id = m.item
left join person p on p.id = b.actor
left join item f on f.id = m.from_holder
left join item t on t.id = m.to_holder
left join loan l on l.id = m.loan
left join person lp on lp.id = l.person
left join lot on lot.id = m.lot
where ($1::uuid is null or m.item = $1 or m.from_holder = $1 or m.to_holder = $1)
  and ($2::uuid is null or b.actor = $2 or l.person = $2)
  and ($3::uuid is null or m.booking = $3)
  and ($4::timestamptz is null or (b.at, b.id) <= ($4, $5::uuid) and ((b.at, b.id) < ($4, $5) or m.line > $7::int))
order by b.at desc, b.id desc, m.line
limit $6
