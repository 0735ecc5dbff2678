alter table duewell.agenda
  add column base_on date,
  add column level_measure smallint[] not null default '{}',
  add column level bigint[] not null default '{}',
  add column flow_measure smallint[] not null default '{}',
  add column flow bigint[] not null default '{}'
;;
comment on column duewell.agenda.level is
  'Whole units and slopes, what they come to: a row of level_measure at base_on, then one after each date.'
;;
comment on column duewell.agenda.flow is 'Exact accruals, what each date adds: a row of flow_measure for each date.'
;;
comment on column duewell.agenda.base_on is
  'The day at whose end the first row of level stands; null where only the changes between rows are known.'
;;
with adds as (
  select a.person_id, a.loan_no, e.k, m.measure_no, m.accrual_class = '' or m.name like '%.slope' as is_level,
    sum(a.sum_add[n]) as adds
  from duewell.agenda a
  cross join lateral generate_series(1, cardinality(a.dates)) as e(k)
  cross join lateral generate_series(coalesce(a.sum_to[e.k - 1], 0) + 1, a.sum_to[e.k]) as n
  join duewell.measure m on m.measure_no = a.sum_measure[n]
  group by 1, 2, 3, 4, 5
), used as (
  select distinct person_id, loan_no, measure_no, is_level from adds
), grid as (
  select u.person_id, u.loan_no, u.measure_no, u.is_level, g.k, coalesce(x.adds, 0) as adds,
    sum(coalesce(x.adds, 0)) over (partition by u.person_id, u.loan_no, u.measure_no order by g.k) as through
  from used u
  join duewell.agenda a using (person_id, loan_no)
  cross join lateral generate_series(0, cardinality(a.dates)) as g(k)
  left join adds x on x.person_id = u.person_id and x.loan_no = u.loan_no and x.measure_no = u.measure_no and x.k = g.k
), made as (
  select person_id, loan_no,
    coalesce(array_agg(measure_no order by measure_no) filter (where is_level and k = 0), '{}') as level_measure,
    coalesce(array_agg(through order by k, measure_no) filter (where is_level), '{}')::bigint[] as level,
    coalesce(array_agg(measure_no order by measure_no) filter (where not is_level and k = 0), '{}') as flow_measure,
    coalesce(array_agg(adds order by k, measure_no) filter (where not is_level and k > 0), '{}')::bigint[] as flow
  from grid group by 1, 2
)
update duewell.agenda a set level_measure = m.level_measure, level = m.level,
  flow_measure = m.flow_measure, flow = m.flow
from made m where m.person_id = a.person_id and m.loan_no = a.loan_no
;;
alter table duewell.agenda drop column sum_to, drop column sum_measure, drop column sum_add
;;
alter table duewell.agenda alter column level_measure drop default, alter column level drop default,
  alter column flow_measure drop default, alter column flow drop default,
  add check (cardinality(level) = cardinality(level_measure) * (cardinality(dates) + 1)),
  add check (cardinality(flow) = cardinality(flow_measure) * cardinality(dates))
