-- Every line of a stocktake: what the books have there now, and what was counted. $1 the stocktake, $2 its holder,
-- $3 counted lines alone.
with latest as (
    select distinct on (c.item, c.holder, c.lot) c.* from stocktake_count c where c.stocktake = $1
    order by c.item, c.holder, c.lot, c.id desc
), counted as (
    select * from latest where counted is not null
), scope as (
    select holders_inside($2) as holder where not $3
    union
    -- A box that was found here is counted with what lies in it.
    select holders_inside(c.item) from counted c join item i on i.id = c.item and i.kind = 'container'
    where c.counted > 0 and not $3
), lines as (
    select s.item, s.holder, s.lot from stock s join scope on scope.holder = s.holder where s.item_kind <> 'location'
    union
    select item, holder, lot from counted
)
select l.item, l.holder, l.lot, i.kind, i.name::text as item_name, i.unit, i.archived_at is not null as archived,
       h.name::text as holder_name, lot.code as lot_code,
       coalesce(s.quantity, 0) as on_books, c.id as count_id, c.counted, c.there, c.corrected, c.place, c.loan, c.missing,
       c.moved_at, c.counted_by, p.name as counted_by_name, c.at, c.at > t.shown_at as informed,
       (select count(*) from stocktake_count x where x.stocktake = $1 and x.item = l.item and x.holder = l.holder
            and x.lot is not distinct from l.lot and x.counted is not null) as times,
       now.there as now_there, now.corrected as now_corrected, now.place as now_place, now.loan as now_loan,
       now.missing as now_missing, now.moved_at as now_moved_at
from lines l
join stocktake t on t.id = $1
join item i on i.id = l.item
join item h on h.id = l.holder
left join lot on lot.id = l.lot
left join stock s on s.item = l.item and s.holder = l.holder and s.lot is not distinct from l.lot
left join counted c on c.item = l.item and c.holder = l.holder and c.lot is not distinct from l.lot
left join person p on p.id = c.counted_by
left join lateral line_books(l.item, l.holder, l.lot) now on c.id is not null
order by h.name, l.holder, i.name, l.item, lot.code
