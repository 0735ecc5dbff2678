create table duewell.preference (
  person_id bigint not null references duewell.person,
  seq int not null check (seq > 0),
  lang text not null,
  channels text[] not null,
  quiet_from time not null,
  quiet_to time not null,
  third_party boolean not null,
  trusted bytea,
  recorded_at timestamptz not null,
  actor text not null,
  primary key (person_id, seq)
)
;;
comment on table duewell.preference is 'How a person wants to be reached: the last row stands.'
;;
comment on column duewell.preference.trusted is 'C2'
;;
create table duewell.consent (
  person_id bigint not null references duewell.person,
  purpose text not null,
  seq int not null check (seq > 0),
  is_given boolean not null,
  recorded_at timestamptz not null,
  actor text not null,
  primary key (person_id, purpose, seq)
)
;;
comment on table duewell.consent is 'What a person agreed to, or no longer: the last row of a purpose stands.'
;;
create table duewell.calendar_feed (
  person_id bigint not null references duewell.person,
  seq int not null check (seq > 0),
  token_hash bytea,
  recorded_at timestamptz not null,
  primary key (person_id, seq)
)
;;
comment on table duewell.calendar_feed is
  'The address a calendar fetches a person''s due dates from: the last row stands, one without a token ends it.'
;;
comment on column duewell.calendar_feed.token_hash is 'C3'
;;
create trigger append_only before update or delete or truncate on duewell.preference
  for each statement execute function duewell.refuse_change()
;;
create trigger append_only before update or delete or truncate on duewell.consent
  for each statement execute function duewell.refuse_change()
;;
create trigger append_only before update or delete or truncate on duewell.calendar_feed
  for each statement execute function duewell.refuse_change()
;;
grant select, insert on duewell.preference, duewell.consent, duewell.calendar_feed to duewell_app
