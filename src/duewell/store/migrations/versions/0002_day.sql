create table duewell.measure (
  measure_no smallint primary key generated always as identity,
  name text not null,
  accrual_class text not null,
  unique (name, accrual_class)
)
;;
create table duewell.agenda (
  person_id bigint not null,
  loan_no smallint not null,
  book_id smallint not null references duewell.book,
  product_no smallint not null,
  is_turned boolean not null,
  since date,
  dates date[] not null,
  kinds smallint[] not null,
  cum bigint[] not null,
  sum_to smallint[] not null,
  sum_measure smallint[] not null,
  sum_add bigint[] not null,
  primary key (person_id, loan_no),
  foreign key (person_id, loan_no) references duewell.loan,
  check (cardinality(cum) = 3 * cardinality(dates)),
  check (cardinality(kinds) = cardinality(dates) and cardinality(sum_to) = cardinality(dates)),
  check (cardinality(sum_measure) = cardinality(sum_add))
)
;;
create index agenda_dates on duewell.agenda using gin (dates)
;;
create index agenda_since on duewell.agenda (since) where is_turned
;;
create table duewell.portfolio_move (
  person_id bigint not null,
  loan_no smallint not null,
  seq int not null,
  book_id smallint not null references duewell.book,
  product_no smallint not null,
  day date not null,
  measures smallint[] not null,
  adds bigint[] not null,
  primary key (person_id, loan_no, seq),
  foreign key (person_id, loan_no, seq) references duewell.loan_fact,
  check (cardinality(measures) = cardinality(adds))
)
;;
create index portfolio_move_day on duewell.portfolio_move (book_id, day)
;;
create table duewell.day_run (
  book_id smallint not null references duewell.book,
  day date not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  primary key (book_id, day)
)
;;
create table duewell.day_chunk (
  book_id smallint not null,
  day date not null,
  slice_no smallint not null,
  done_at timestamptz not null,
  entries int not null,
  turned int not null,
  wishes int not null,
  primary key (book_id, day, slice_no),
  foreign key (book_id, day) references duewell.day_run
)
;;
create table duewell.day_sum (
  book_id smallint not null,
  day date not null,
  slice_no smallint not null,
  product_no smallint not null,
  measure_no smallint not null references duewell.measure,
  adds numeric not null,
  primary key (book_id, day, slice_no, product_no, measure_no),
  foreign key (book_id, day, slice_no) references duewell.day_chunk deferrable initially deferred
)
;;
create table duewell.portfolio_sum (
  book_id smallint not null,
  day date not null,
  product_no smallint not null,
  measure_no smallint not null references duewell.measure,
  value numeric not null,
  primary key (book_id, day, product_no, measure_no),
  foreign key (book_id, day) references duewell.day_run
)
;;
create table duewell.gl_journal (
  book_id smallint not null,
  day date not null,
  product_no smallint not null,
  accounts smallint[] not null,
  amounts bigint[] not null,
  primary key (book_id, day, product_no),
  foreign key (book_id, day) references duewell.day_run,
  check (cardinality(accounts) = cardinality(amounts) and array_ndims(amounts) = 1),
  check (duewell.sums_to_zero(amounts))
)
;;
create table duewell.observation (
  person_id bigint not null,
  loan_no smallint not null,
  day date not null,
  kind smallint not null,
  primary key (person_id, loan_no, day, kind),
  foreign key (person_id, loan_no) references duewell.loan
)
;;
create table duewell.wish (
  person_id bigint not null references duewell.person,
  wish_key text not null,
  book_id smallint not null,
  kind text not null,
  schema_version smallint not null,
  payload jsonb not null,
  not_before date not null,
  expires_on date not null,
  cancels_key text,
  state text not null,
  primary key (person_id, wish_key)
)
;;
create index loan_ref on duewell.loan (book_id, external_ref)
;;
do $$
declare
  name text;
begin
  grant select, insert on all tables in schema duewell to duewell_app;
  grant update on duewell.agenda, duewell.day_run, duewell.wish to duewell_app;
  foreach name in array array['portfolio_move', 'day_chunk', 'day_sum', 'portfolio_sum', 'gl_journal',
                              'observation', 'measure'] loop
    execute format(
      'create trigger append_only before update or delete or truncate on duewell.%I '
      'for each statement execute function duewell.refuse_change()', name);
  end loop;
end
$$
