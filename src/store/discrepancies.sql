with flow as (
    select item, to_holder as holder, lot, quantity from movement where to_holder is not null
    union all
    select item, from_holder, lot, -quantity from movement where from_holder is not null
), booked as (
    select item, holder, lot, sum(quantity) as quantity from flow group by item, holder, lot having sum(quantity) <> 0
), wrong_stock as (
    select coalesce(s.item, b.item) as item from stock s
    full join booked b on b.item = s.item and b.holder = s.holder and b.lot is not distinct from s.lot
    where s.quantity is distinct from b.quantity
), effect as (
    select item, loan, kind, quantity,
           case when to_holder is null then 0 else quantity end - case when from_holder is null then 0 else quantity end as delta,
           case when inverse then -1 else 1 end as sign
    from movement
), sums as (
    select item, sum(delta) as on_hand,
           sum(case when kind in ('check_out', 'check_in') then -delta
                    when kind = 'missing' and loan is not null then -sign * quantity else 0 end) as lent,
           sum(case when kind = 'missing' and loan is not null then sign * quantity
                    when kind in ('missing', 'found') then -delta
                    when kind = 'scrap' and delta = 0 then -sign * quantity else 0 end) as missing
    from effect group by item
), wrong_balance as (
    select coalesce(b.item, s.item) as item from balance b full join sums s on s.item = b.item
    where coalesce(b.on_hand, 0) <> coalesce(s.on_hand, 0) or coalesce(b.lent, 0) <> coalesce(s.lent, 0)
       or coalesce(b.missing, 0) <> coalesce(s.missing, 0)
), wrong_loan as (
    select l.item from loan l left join (
        select loan, sum(case when kind in ('check_out', 'check_in') then -delta else -sign * quantity end) as outstanding
        from effect where loan is not null group by loan
    ) e on e.loan = l.id where l.outstanding <> coalesce(e.outstanding, 0)
), wrong_lent as (
    select b.item from balance b left join (select item, sum(outstanding) as out from loan group by item) l on l.item = b.item
    where b.lent <> coalesce(l.out, 0)
)
select item from wrong_stock union select item from wrong_balance union select item from wrong_loan union select item from wrong_lent
