create function duewell.agenda_keys(person_id bigint, dates date[]) returns int[]
  language sql immutable strict parallel safe
  return (select array_agg(((person_id >> 57)::int << 20) + (d - date '1900-01-01')) from unnest(dates) as d)
;;
comment on function duewell.agenda_keys is
  'One number for each date: the top six bits of the person, then the day. A slice finds its own rows by it.'
;;
create index agenda_keys on duewell.agenda using gin (duewell.agenda_keys(person_id, dates))
;;
drop index duewell.agenda_dates
;;
drop index duewell.agenda_since
;;
create index agenda_since on duewell.agenda (since, person_id) where is_turned
;;
alter table duewell.day_run add column slices smallint not null default 16
  check (slices between 1 and 64 and 64 % slices = 0)
;;
-- A book that went down to before this step and comes up again: each closed day has the slices it was closed in.
update duewell.day_run r set slices = c.n
from (select book_id, day, count(*) as n from duewell.day_chunk group by book_id, day) as c
where c.book_id = r.book_id and c.day = r.day and r.finished_at is not null and c.n <> r.slices and 64 % c.n = 0
;;
alter table duewell.day_run alter column slices drop default
;;
create table duewell.day_ahead (
  person_id bigint not null,
  loan_no smallint not null,
  day date not null,
  book_id smallint not null references duewell.book,
  product_no smallint not null,
  entries smallint not null,
  turned smallint not null,
  wishes smallint not null,
  measures smallint[] not null,
  adds bigint[] not null,
  primary key (person_id, loan_no, day),
  foreign key (person_id, loan_no) references duewell.loan,
  check (cardinality(measures) = cardinality(adds))
)
;;
create index day_ahead_day on duewell.day_ahead (book_id, day, person_id)
;;
create trigger append_only before update or delete or truncate on duewell.day_ahead
  for each statement execute function duewell.refuse_change()
;;
grant select, insert on duewell.day_ahead to duewell_app
;;
alter table duewell.wish drop constraint wish_person_id_fkey
;;
alter table duewell.observation drop constraint observation_person_id_loan_no_fkey
