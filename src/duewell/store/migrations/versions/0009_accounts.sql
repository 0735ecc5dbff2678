create table duewell.staff (
  staff_id bigint primary key check (staff_id > 0),
  login text not null unique check (login = lower(login)),
  name text not null,
  password_hash text not null,
  totp_sealed bytea not null,
  totp_last_step bigint not null default 0,
  is_active boolean not null default true,
  created_at timestamptz not null
)
;;
comment on column duewell.staff.password_hash is 'C3'
;;
comment on column duewell.staff.totp_sealed is 'C3'
;;
create table duewell.staff_roles (
  staff_id bigint not null references duewell.staff,
  nth int not null check (nth > 0),
  roles text[] not null,
  books text[],
  by text not null,
  at timestamptz not null,
  primary key (staff_id, nth)
)
;;
comment on table duewell.staff_roles is 'What an account may do: the last row stands. No books means all of them.'
;;
create table duewell.api_client (
  client_id text primary key,
  name text not null,
  secret_hash bytea not null,
  books text[],
  is_sandbox_only boolean not null,
  version text not null,
  created_by text not null,
  created_at timestamptz not null,
  revoked_at timestamptz
)
;;
comment on column duewell.api_client.secret_hash is 'C3'
;;
create table duewell.person_name (
  realm smallint not null,
  field text not null,
  blind bytea not null,
  person_id bigint not null,
  primary key (realm, field, blind)
)
;;
comment on table duewell.person_name is
  'Which person a phone, an address or an identity number belongs to: by a keyed hash, unique within a realm.'
;;
create index person_name_of on duewell.person_name (person_id)
;;
create table duewell.borrower_login (
  person_id bigint primary key references duewell.person,
  password_hash text,
  lang text not null default 'zh',
  created_at timestamptz not null
)
;;
comment on column duewell.borrower_login.password_hash is 'C3'
;;
create table duewell.one_time_code (
  challenge bytea primary key,
  person_id bigint,
  code_hash bytea not null,
  sent_at timestamptz not null,
  expires_at timestamptz not null,
  tries smallint not null default 0,
  used_at timestamptz
)
;;
comment on column duewell.one_time_code.code_hash is 'C3'
;;
create table duewell.session (
  token_hash bytea primary key,
  session_no text not null unique,
  kind text not null check (kind in ('staff', 'borrower')),
  staff_id bigint references duewell.staff,
  person_id bigint,
  csrf_hash bytea not null,
  agent text not null,
  created_at timestamptz not null,
  seen_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  check ((kind = 'staff') = (staff_id is not null) and (kind = 'borrower') = (person_id is not null))
)
;;
comment on column duewell.session.token_hash is 'C3'
;;
create index session_of_person on duewell.session (person_id) where person_id is not null
;;
create index session_of_staff on duewell.session (staff_id) where staff_id is not null
;;
create table duewell.tried (
  limit_name text not null,
  of bytea not null,
  begins timestamptz not null,
  count int not null,
  primary key (limit_name, of, begins)
)
;;
create table duewell.trail (
  seq bigint primary key,
  at timestamptz not null,
  actor text not null,
  act text not null,
  target text not null,
  facts jsonb not null,
  hash bytea not null
)
;;
comment on table duewell.trail is
  'Who did what: each row''s hash covers the row and the hash before it.'
;;
create function duewell.trail_hash(
  before bytea, seq bigint, at timestamptz, actor text, act text, target text, facts jsonb
) returns bytea language sql immutable parallel safe
  return sha256(before || convert_to(jsonb_build_array(
    seq, extract(epoch from at)::numeric, actor, act, target, facts)::text, 'UTF8'))
;;
create function duewell.trail_add(at timestamptz, actor text, act text, target text, facts jsonb)
  returns bigint language plpgsql as $$
declare
  last record;
  number bigint;
begin
  -- One writer at a time: a chain has one end. Held until the transaction ends, so writers add last.
  perform pg_advisory_xact_lock(1953653100);  -- "tril"
  select t.seq, t.hash into last from duewell.trail t order by t.seq desc limit 1;
  number := coalesce(last.seq, 0) + 1;
  insert into duewell.trail values (
    number, at, actor, act, target, facts,
    duewell.trail_hash(coalesce(last.hash, ''::bytea), number, at, actor, act, target, facts));
  return number;
end
$$
;;
create table duewell.approval (
  approval_id bigint primary key check (approval_id > 0),
  book_id smallint references duewell.book,
  act text not null,
  target text not null,
  payload jsonb not null,
  body_hash bytea not null,
  seen_seq int,
  asked_by text not null,
  asked_at timestamptz not null,
  expires_at timestamptz not null
)
;;
create table duewell.approval_decision (
  approval_id bigint primary key references duewell.approval,
  decision text not null check (decision in ('approved', 'rejected', 'withdrawn')),
  decided_by text not null,
  decided_at timestamptz not null,
  reason text not null,
  result jsonb
)
;;
create index approval_of_book on duewell.approval (book_id, asked_at)
;;
create table duewell.erasure (
  person_id bigint primary key references duewell.person,
  by text not null,
  reason text not null,
  at timestamptz not null
)
;;
do $$
declare
  name text;
begin
  grant select, insert, update on duewell.staff, duewell.api_client, duewell.borrower_login,
    duewell.session, duewell.one_time_code, duewell.tried to duewell_app;
  grant select, insert, delete on duewell.person_name, duewell.person_private to duewell_app;
  grant update on duewell.person_private to duewell_app;
  grant delete on duewell.tried, duewell.one_time_code, duewell.session, duewell.borrower_login to duewell_app;
  grant select, insert on duewell.staff_roles, duewell.trail, duewell.approval, duewell.approval_decision,
    duewell.erasure to duewell_app;
  foreach name in array array['staff_roles', 'trail', 'approval', 'approval_decision', 'erasure'] loop
    execute format(
      'create trigger append_only before update or delete or truncate on duewell.%I '
      'for each statement execute function duewell.refuse_change()', name);
  end loop;
end
$$
