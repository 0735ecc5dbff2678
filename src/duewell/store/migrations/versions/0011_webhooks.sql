create table duewell.webhook (
  webhook_id text primary key,
  book_id smallint not null references duewell.book,
  url text not null,
  kinds text[] not null,
  secrets_sealed bytea[] not null,
  made_by text not null,
  made_at timestamptz not null,
  failing_since timestamptz,
  ended_at timestamptz
)
;;
comment on column duewell.webhook.secrets_sealed is 'C3'
;;
create table duewell.webhook_delivery (
  webhook_id text not null references duewell.webhook,
  event_id text not null,
  subject text not null,
  nth bigint not null,
  kind text not null,
  body jsonb not null,
  made_at timestamptz not null,
  next_at timestamptz,
  tries smallint not null default 0,
  state text not null default 'waiting' check (state in ('waiting', 'delivered', 'given-up')),
  status smallint,
  problem text,
  done_at timestamptz,
  primary key (webhook_id, event_id)
)
;;
comment on table duewell.webhook_delivery is
  'What an endpoint is told, in the order of each subject: a later event waits for the one before it.'
;;
create index webhook_waiting on duewell.webhook_delivery (next_at) where state = 'waiting'
;;
create index webhook_subject on duewell.webhook_delivery (webhook_id, subject, nth) where state = 'waiting'
;;
create index webhook_made on duewell.webhook_delivery (webhook_id, made_at)
;;
create index loan_fact_recorded on duewell.loan_fact using brin (recorded_at)
;;
grant select, insert, update on duewell.webhook, duewell.webhook_delivery to duewell_app
