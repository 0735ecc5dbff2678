create schema duewell
;;
create table duewell.account (
  account_no smallint primary key,
  code text not null unique,
  kind text not null
)
;;
create table duewell.book (
  book_id smallint primary key,
  code text not null unique,
  name text not null,
  legal_entity text not null,
  jurisdiction text not null,
  currency char(3) not null,
  zone text not null,
  calendar text not null,
  cutoff time not null,
  opened_on date not null,
  open_on date not null check (open_on >= opened_on),
  is_sandbox boolean not null,
  settings jsonb not null default '{}'
)
;;
create table duewell.product (
  book_id smallint not null references duewell.book,
  product_code text not null,
  version smallint not null,
  valid_from date not null,
  terms jsonb not null,
  primary key (book_id, product_code, version)
)
;;
create table duewell.person (
  person_id bigint primary key check (person_id > 0),
  realm smallint not null,
  next_loan_no smallint not null default 1 check (next_loan_no > 0)
)
;;
create table duewell.person_key (
  person_id bigint primary key references duewell.person,
  wrapped_key bytea not null
)
;;
comment on column duewell.person_key.wrapped_key is 'C3'
;;
create table duewell.person_private (
  person_id bigint not null references duewell.person,
  field text not null,
  ciphertext bytea not null,
  primary key (person_id, field)
)
;;
comment on column duewell.person_private.ciphertext is 'C3'
;;
create table duewell.loan (
  person_id bigint not null references duewell.person,
  loan_no smallint not null check (loan_no > 0),
  book_id smallint not null references duewell.book,
  product_code text not null,
  product_version smallint not null,
  external_ref text,
  currency char(3) not null,
  opened_on date not null,
  terms jsonb not null,
  primary key (person_id, loan_no),
  foreign key (book_id, product_code, product_version) references duewell.product
)
;;
create table duewell.loan_state (
  person_id bigint not null,
  loan_no smallint not null,
  next_seq int not null default 1,
  paid_minor bigint not null default 0,
  is_tabular boolean not null default false,
  is_turned boolean not null default false,
  primary key (person_id, loan_no),
  foreign key (person_id, loan_no) references duewell.loan
) with (fillfactor = 50)
;;
create table duewell.loan_fact (
  person_id bigint not null,
  loan_no smallint not null,
  seq int not null check (seq > 0),
  kind text not null,
  schema_version smallint not null,
  effective_on date not null,
  recorded_on date not null,
  recorded_at timestamptz not null,
  source text not null,
  source_ref text not null,
  actor text not null,
  payload jsonb not null,
  reverses_seq int,
  primary key (person_id, loan_no, seq),
  unique (person_id, loan_no, kind, source, source_ref),
  foreign key (person_id, loan_no) references duewell.loan,
  foreign key (person_id, loan_no, reverses_seq) references duewell.loan_fact,
  check (reverses_seq < seq)
)
;;
create function duewell.sums_to_zero(amounts bigint[]) returns boolean
  language sql immutable strict parallel safe
  return (select coalesce(sum(a), 1) = 0 and bool_and(a <> 0) and count(*) >= 2 from unnest(amounts) as a)
;;
create table duewell.journal (
  person_id bigint not null,
  loan_no smallint not null,
  seq int not null,
  part smallint not null,
  posted_on date not null,
  accounts smallint[] not null,
  amounts bigint[] not null,
  primary key (person_id, loan_no, seq, part),
  foreign key (person_id, loan_no, seq) references duewell.loan_fact,
  check (cardinality(accounts) = cardinality(amounts) and array_ndims(amounts) = 1),
  check (duewell.sums_to_zero(amounts))
)
;;
create table duewell.request_key (
  client_id text not null,
  key text not null,
  body_hash bytea not null,
  target text not null,
  result jsonb not null,
  recorded_at timestamptz not null,
  primary key (client_id, key)
)
;;
create table duewell.receipt (
  rail text not null,
  provider_ref text not null,
  body_hash bytea not null,
  target text not null,
  result jsonb not null,
  recorded_at timestamptz not null,
  primary key (rail, provider_ref)
)
;;
create function duewell.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: % refused', tg_table_name, lower(tg_op)
    using errcode = 'integrity_constraint_violation',
          hint = 'Record a new fact that corrects the old one.';
end
$$
;;
do $$
declare
  name text;
begin
  if not exists (select 1 from pg_roles where rolname = 'duewell_app') then
    create role duewell_app nologin;
  end if;
  grant usage on schema duewell to duewell_app;
  grant select, insert on all tables in schema duewell to duewell_app;
  grant update on duewell.book, duewell.person, duewell.loan_state to duewell_app;
  grant delete, update on duewell.person_key to duewell_app;
  foreach name in array array['loan', 'loan_fact', 'journal', 'request_key', 'receipt', 'product', 'account'] loop
    execute format(
      'create trigger append_only before update or delete or truncate on duewell.%I '
      'for each statement execute function duewell.refuse_change()', name);
  end loop;
end
$$
