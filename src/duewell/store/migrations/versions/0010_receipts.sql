create table duewell.rail_entry (
  rail text not null,
  provider_ref text not null,
  book_id smallint not null references duewell.book,
  kind text not null check (kind in ('credit', 'debit', 'return')),
  amount_minor bigint not null check (amount_minor > 0),
  currency char(3) not null,
  booked_on date not null,
  value_on date not null,
  end_to_end text,
  returns_ref text,
  reason text not null default '',
  statement text not null,
  nth int not null,
  told bytea not null,
  recorded_at timestamptz not null,
  primary key (rail, provider_ref)
)
;;
comment on table duewell.rail_entry is 'What a rail said happened, entry by entry, whatever we made of it.'
;;
comment on column duewell.rail_entry.told is 'C3, sealed by the master key: the payer and what was written'
;;
create index rail_entry_day on duewell.rail_entry (book_id, booked_on)
;;
create index rail_entry_end_to_end on duewell.rail_entry (end_to_end, rail) where end_to_end is not null
;;
create index receipt_day on duewell.receipt ((result->>'book'), (result->>'booked_on'))
;;
create table duewell.suspense_move (
  rail text not null,
  provider_ref text not null,
  step smallint not null check (step > 0),
  book_id smallint not null references duewell.book,
  kind text not null check (kind in ('received', 'matched', 'sent-back', 'returned', 'came-back')),
  reason text not null default '',
  currency char(3) not null,
  posted_on date not null,
  effective_on date not null,
  accounts smallint[] not null,
  amounts bigint[] not null,
  target text not null default '',
  key text not null default '',
  actor text not null,
  recorded_at timestamptz not null,
  primary key (rail, provider_ref, step),
  check (cardinality(accounts) = cardinality(amounts) and array_ndims(amounts) = 1),
  check (duewell.sums_to_zero(amounts))
)
;;
comment on table duewell.suspense_move is
  'Journals of money whose owner is not known: received, and step by step moved to a loan or sent back.'
;;
create index suspense_move_day on duewell.suspense_move (book_id, posted_on)
;;
create table duewell.virtual_account (
  rail text not null,
  account_no text not null,
  book_id smallint not null references duewell.book,
  person_id bigint not null,
  loan_no smallint not null,
  recorded_at timestamptz not null,
  primary key (rail, account_no)
)
;;
create table duewell.mandate (
  person_id bigint not null,
  loan_no smallint not null,
  mandate_no smallint not null check (mandate_no > 0),
  book_id smallint not null references duewell.book,
  rail text not null,
  reference text not null,
  account bytea not null,
  primary key (person_id, loan_no, mandate_no),
  foreign key (person_id, loan_no) references duewell.loan
)
;;
comment on column duewell.mandate.account is 'C3, sealed with the person''s key'
;;
create index mandate_rail on duewell.mandate (rail, person_id, loan_no)
;;
create table duewell.mandate_event (
  person_id bigint not null,
  loan_no smallint not null,
  mandate_no smallint not null,
  seq smallint not null check (seq > 0),
  kind text not null,
  reason text not null default '',
  effective_on date not null,
  recorded_on date not null,
  recorded_at timestamptz not null,
  actor text not null,
  key text not null,
  primary key (person_id, loan_no, mandate_no, seq),
  foreign key (person_id, loan_no, mandate_no) references duewell.mandate
)
;;
create table duewell.collection (
  person_id bigint not null,
  loan_no smallint not null,
  due_on date not null,
  attempt smallint not null check (attempt > 0),
  mandate_no smallint not null,
  book_id smallint not null references duewell.book,
  rail text not null,
  batch text not null,
  collect_on date not null,
  amount_minor bigint not null check (amount_minor > 0),
  recorded_at timestamptz not null,
  primary key (person_id, loan_no, due_on, attempt),
  foreign key (person_id, loan_no, mandate_no) references duewell.mandate
)
;;
create index collection_batch on duewell.collection (rail, batch)
;;
create table duewell.collection_event (
  person_id bigint not null,
  loan_no smallint not null,
  due_on date not null,
  attempt smallint not null,
  seq smallint not null check (seq > 0),
  kind text not null check (kind in ('written', 'accepted', 'paid', 'rejected', 'returned')),
  reason text not null default '',
  step text not null default '',
  effective_on date not null,
  recorded_at timestamptz not null,
  primary key (person_id, loan_no, due_on, attempt, seq),
  foreign key (person_id, loan_no, due_on, attempt) references duewell.collection
)
;;
create table duewell.pay_order (
  person_id bigint not null,
  loan_no smallint not null,
  order_no int not null check (order_no > 0),
  book_id smallint not null references duewell.book,
  rail text not null,
  amount_minor bigint not null check (amount_minor > 0),
  key text not null,
  url text not null,
  expires_at timestamptz not null,
  recorded_at timestamptz not null,
  primary key (person_id, loan_no, order_no),
  unique (person_id, loan_no, key),
  foreign key (person_id, loan_no) references duewell.loan
)
;;
create table duewell.pay_order_event (
  person_id bigint not null,
  loan_no smallint not null,
  order_no int not null,
  seq smallint not null check (seq > 0),
  kind text not null check (kind in ('ok', 'failed', 'unknown')),
  source text not null,
  provider_ref text not null default '',
  reason text not null default '',
  recorded_at timestamptz not null,
  primary key (person_id, loan_no, order_no, seq),
  foreign key (person_id, loan_no, order_no) references duewell.pay_order
)
;;
create table duewell.outbox (
  person_id bigint not null check (person_id >= 0),
  outbox_key text not null,
  book_id smallint not null references duewell.book,
  kind text not null,
  schema_version smallint not null,
  payload jsonb not null,
  sealed bytea,
  not_before timestamptz not null,
  expires_at timestamptz,
  cancels_key text,
  state text not null check (state in ('waiting', 'sending', 'sent', 'done', 'failed', 'unknown', 'cancelled')),
  batch text,
  tries smallint not null default 0,
  reason text not null default '',
  changed_at timestamptz not null,
  primary key (person_id, outbox_key)
)
;;
comment on table duewell.outbox is
  'What must leave after commit. Person 0 is nobody: money sent back to a payer we do not know.'
;;
comment on column duewell.outbox.sealed is
  'C3: the payee, sealed with the person''s key; with the master key where it is nobody''s'
;;
create index outbox_waiting on duewell.outbox (not_before) where state in ('waiting', 'sending', 'sent', 'unknown')
;;
do $$
declare
  name text;
begin
  foreach name in array array['rail_entry', 'suspense_move', 'virtual_account', 'mandate', 'mandate_event',
                              'collection', 'collection_event', 'pay_order', 'pay_order_event'] loop
    execute format('grant select, insert on duewell.%I to duewell_app', name);
    execute format(
      'create trigger append_only before update or delete or truncate on duewell.%I '
      'for each statement execute function duewell.refuse_change()', name);
  end loop;
  grant select, insert, update on duewell.outbox to duewell_app;
end
$$
