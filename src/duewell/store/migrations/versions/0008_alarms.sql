create table duewell.alarm (
  book_id smallint not null references duewell.book,
  day date not null,
  kind text not null,
  nth int not null check (nth > 0),
  event text not null check (event in ('raised', 'cleared')),
  facts jsonb not null,
  at timestamptz not null,
  primary key (book_id, day, kind, nth)
)
;;
comment on table duewell.alarm is
  'What a person must look at: raised and cleared in turn, for a day of a book. The last event says how it stands.'
;;
create trigger append_only before update or delete or truncate on duewell.alarm
  for each statement execute function duewell.refuse_change()
;;
grant select, insert on duewell.alarm to duewell_app
