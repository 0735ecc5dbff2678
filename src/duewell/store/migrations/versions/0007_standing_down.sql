with adds as (
  select a.person_id, a.loan_no, g.k, m.measure_no, l.place,
    a.level[g.k * cardinality(a.level_measure) + l.place]
      - a.level[(g.k - 1) * cardinality(a.level_measure) + l.place] as adds
  from duewell.agenda a
  cross join lateral generate_series(1, cardinality(a.dates)) as g(k)
  cross join lateral unnest(a.level_measure) with ordinality as l(measure_no, place)
  join duewell.measure m on m.measure_no = l.measure_no
  union all
  select a.person_id, a.loan_no, g.k, f.measure_no, 1000 + f.place,
    a.flow[(g.k - 1) * cardinality(a.flow_measure) + f.place]
  from duewell.agenda a
  cross join lateral generate_series(1, cardinality(a.dates)) as g(k)
  cross join lateral unnest(a.flow_measure) with ordinality as f(measure_no, place)
), held as (
  select person_id, loan_no, array_agg(measure_no order by k, place) as measures,
    array_agg(adds order by k, place) as adds from adds where adds <> 0 group by 1, 2
), counted as (
  select a.person_id, a.loan_no, array_agg(coalesce(c.through, 0) order by g.k) as sum_to
  from duewell.agenda a
  cross join lateral generate_series(1, cardinality(a.dates)) as g(k)
  left join lateral (
    select count(*) as through from adds x
    where x.person_id = a.person_id and x.loan_no = a.loan_no and x.k <= g.k and x.adds <> 0) as c on true
  group by 1, 2
)
update duewell.agenda a set sum_to = coalesce(c.sum_to, '{}'), sum_measure = coalesce(h.measures, '{}'),
  sum_add = coalesce(h.adds, '{}')
from duewell.agenda b
left join held h on h.person_id = b.person_id and h.loan_no = b.loan_no
left join counted c on c.person_id = b.person_id and c.loan_no = b.loan_no
where a.person_id = b.person_id and a.loan_no = b.loan_no
;;
alter table duewell.agenda drop column base_on, drop column level_measure, drop column level,
  drop column flow_measure, drop column flow
;;
alter table duewell.agenda alter column sum_to set not null, alter column sum_measure set not null,
  alter column sum_add set not null,
  add check (cardinality(kinds) = cardinality(dates) and cardinality(sum_to) = cardinality(dates)),
  add check (cardinality(sum_measure) = cardinality(sum_add))
