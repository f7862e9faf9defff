select i.seq, i.name::text, i.description, i.notes, coalesce(i.manufacturer, ''), coalesce(i.model, ''),
       coalesce(i.serial_number, ''),
       array(select t.name from item_tag x join tag t on t.id = x.tag where x.item = i.id order by lower(t.name)),
       array(select case f.value when 'true' then '' when 'false' then '' else f.value end
             from jsonb_each_text(i.fields) f where f.value is not null order by f.key),
       -- A barcode is kept as fourteen digits, and typed without its leading zeros.
       array(select case c.kind when 'gtin' then ltrim(c.text, '0') else c.text end
             from code c where c.item = i.id and c.kind in ('own', 'alias', 'gtin') order by c.text),
       array(select p.part_number from supplier_part p where p.item = i.id order by p.part_number)
from item i
where i.seq = any ($1)
